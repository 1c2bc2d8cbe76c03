//! What a test pays for its network: `cargo bench -p ogpu-devnet`.
#![allow(
    missing_docs,
    reason = "criterion's macros write an undocumented function"
)]

use criterion::{Criterion, criterion_group, criterion_main};
use ogpu_client::Wei;
use ogpu_devnet::Devnet;
use tokio::runtime::Runtime;

fn network(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime starts");

    criterion.bench_function("start to first answered call", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let devnet = Devnet::start().await.expect("the network starts");
            let account = devnet.accounts().client().address();
            let balance = devnet.client().vault().balance_of(account).await;
            assert_eq!(balance.expect("the vault answers"), Wei::ZERO);
        });
    });

    let devnet = runtime
        .block_on(Devnet::start())
        .expect("the network starts");
    let client = devnet.client();
    let signer = devnet.accounts().client();
    criterion.bench_function("deposit until mined", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            client
                .vault()
                .deposit(signer.address(), Wei::from(1_u64), signer)
                .await
                .expect("the deposit succeeds");
        });
    });
}

criterion_group!(benches, network);
criterion_main!(benches);
