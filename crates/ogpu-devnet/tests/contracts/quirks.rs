//! Q.
use crate::support::*;
use ogpu_types::DeliveryMethod;

#[tokio::test]
async fn probe() {
    let t = std::time::Instant::now();
    let net = Net::start().await;
    eprintln!("start {:?}", t.elapsed());
    drop(net);
    let t = std::time::Instant::now();
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    eprintln!("serving {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let task = net.publish_task(source).await;
    eprintln!("publish {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let r = net.attempt(task, &net.provider).await;
    eprintln!("attempt {:?} {:?}", t.elapsed(), net.events(&r));
    let r = net.submit(task, &net.provider, "x").await;
    eprintln!("{:?} {:?}", net.events(&r), net.books(net.client.address).await);
}
