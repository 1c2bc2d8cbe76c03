//! Signers of the user's own: slow, failing, lying, and whole.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ethers_core::{
    k256::ecdsa::SigningKey,
    utils::{keccak256, secret_key_to_address},
};
use futures::future::join_all;
use ogpu_client::{
    Address, BoxError, Client, Error, SignDigest, SignFuture, Signature, Signer, SignerError,
    TxError, Wei, types::Hash32,
};
use tokio::sync::Semaphore;

use crate::{
    network::{Network, eventually},
    proxy::{Fate, proxied},
};

/// What the signer does when it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conduct {
    /// It signs.
    Signs,
    /// It refuses.
    Fails,
    /// It panics.
    Panics,
    /// It never answers.
    Hangs,
    /// It signs with another key than the one whose address it tells.
    Lies,
    /// It signs something else.
    SignsOtherContent,
}

/// A key outside of the client, and what became of it.
struct Device {
    key: SigningKey,
    conduct: Mutex<Conduct>,
    /// Every signature takes a permit, and gives it back.
    gate: Semaphore,
    asked: AtomicUsize,
}

#[derive(Clone)]
struct TestSigner(Arc<Device>);

impl TestSigner {
    /// A signer with money, whose signatures wait while `open` is false.
    async fn funded(network: &Network, number: u8, open: bool) -> Self {
        let device = Device {
            key: SigningKey::from_slice(&[number; 32]).unwrap(),
            conduct: Mutex::new(Conduct::Signs),
            gate: Semaphore::new(usize::from(open)),
            asked: AtomicUsize::new(0),
        };
        let signer = Self(Arc::new(device));
        network
            .devnet
            .set_balance(signer.address(), Wei::from_ether(10))
            .await
            .unwrap();
        signer
    }

    fn behave(&self, conduct: Conduct) {
        *self.0.conduct.lock().unwrap() = conduct;
    }

    fn asked(&self) -> usize {
        self.0.asked.load(Ordering::Relaxed)
    }

    fn signature(&self, digest: Hash32) -> Signature {
        let other = SigningKey::from_slice(&[0x77; 32]).unwrap();
        let (key, digest) = match *self.0.conduct.lock().unwrap() {
            Conduct::Lies => (&other, digest),
            Conduct::SignsOtherContent => (&self.0.key, Hash32::new([1; 32])),
            _ => (&self.0.key, digest),
        };
        let (signature, id) = key.sign_prehash_recoverable(digest.as_bytes()).unwrap();
        // Of the two equal signatures the one that chains refuse, as key services give it by chance.
        let (r, s) = signature.split_scalars();
        Signature {
            r: r.to_bytes().into(),
            s: (-*s).to_bytes().into(),
            y_parity: Some(!id.is_y_odd()),
        }
    }
}

impl SignDigest for TestSigner {
    fn address(&self) -> Address {
        secret_key_to_address(&self.0.key).into()
    }

    fn sign_digest(&self, digest: Hash32) -> SignFuture<'_> {
        Box::pin(async move {
            self.0.asked.fetch_add(1, Ordering::Relaxed);
            let conduct = *self.0.conduct.lock().unwrap();
            match conduct {
                Conduct::Fails => return Err(BoxError::from("the device is locked")),
                Conduct::Panics => panic!("the device is on fire"),
                Conduct::Hangs => std::future::pending().await,
                _ => {}
            }
            let _permit = self.0.gate.acquire().await?;
            Ok(self.signature(digest))
        })
    }
}

async fn deposit(client: &Client, signer: &Signer) -> Result<(), Error> {
    client
        .vault()
        .deposit(signer.address(), Wei::from(1_u64), signer)
        .await
        .map(|_| ())
}

/// The account's mined transactions.
async fn mined(network: &Network, account: Address) -> u64 {
    let count: String = network
        .client
        .rpc()
        .call("eth_getTransactionCount", (account, "latest"))
        .await
        .unwrap();
    u64::from_str_radix(&count[2..], 16).unwrap()
}

/// The signer's error, of a write that surely did nothing.
fn why_not_signed(error: &Error) -> &SignerError {
    assert!(error.outcome().is_not_sent(), "{error:?}");
    let Error::Transaction { source } = error else {
        panic!("{error:?}");
    };
    let TxError::Sign { source } = &**source else {
        panic!("{source:?}");
    };
    source
}

#[tokio::test]
async fn a_signer_of_the_users_own_is_asked_once_for_each_transaction() {
    let network = Network::start().await;
    let device = TestSigner::funded(&network, 0x11, true).await;
    let signer = Signer::custom(device.clone());
    let mut left = 2;
    let (_proxy, client) = proxied(&network, move |body| {
        if left > 0 && body.contains("eth_sendRawTransaction") {
            left -= 1;
            return Fate::AnswerLost;
        }
        Fate::Answered
    })
    .await;
    for sent in 1..=3 {
        deposit(&client, &signer).await.unwrap();
        assert_eq!(device.asked(), sent);
    }
    assert_eq!(mined(&network, signer.address()).await, 3);
}

#[tokio::test]
async fn a_slow_signer_holds_up_nobody_but_its_own_account() {
    let network = Network::start().await;
    let device = TestSigner::funded(&network, 0x22, false).await;
    let slow = Signer::custom(device.clone());
    let sends = join_all((0..20).map(|_| {
        let (client, slow) = (network.client.clone(), slow.clone());
        tokio::spawn(async move { deposit(&client, &slow).await })
    }));
    eventually("the first request for a signature", || async {
        (device.asked() > 0).then_some(())
    })
    .await;
    // Through the same client, while twenty of the other account wait.
    for _ in 0..5 {
        deposit(&network.client, &network.account).await.unwrap();
    }
    assert_eq!(mined(&network, slow.address()).await, 0);
    device.0.gate.add_permits(1);
    for sent in sends.await {
        sent.unwrap().unwrap();
    }
    assert_eq!(mined(&network, slow.address()).await, 20);
    assert_eq!(device.asked(), 20);
}

#[tokio::test]
async fn a_signer_that_does_not_sign_costs_no_nonce() {
    let network = Network::start().await;
    let device = TestSigner::funded(&network, 0x33, true).await;
    let signer = Signer::custom(device.clone()).with_timeout(Duration::from_millis(100));
    let (proxy, client) = proxied(&network, |_| Fate::Answered).await;
    let mut sent = 0;
    for conduct in [
        Conduct::Fails,
        Conduct::Panics,
        Conduct::Hangs,
        Conduct::Lies,
        Conduct::SignsOtherContent,
    ] {
        device.behave(conduct);
        let error = deposit(&client, &signer).await.unwrap_err();
        let why = why_not_signed(&error);
        let account = signer.address();
        assert!(
            match (conduct, why) {
                (Conduct::Fails, SignerError::SigningFailed { address, source }) =>
                    *address == account && source.to_string() == "the device is locked",
                (Conduct::Panics, SignerError::Panicked { address }) => *address == account,
                (Conduct::Hangs, SignerError::TimedOut { timeout, .. }) =>
                    *timeout == Duration::from_millis(100),
                (_, SignerError::WrongSignature { expected }) => *expected == account,
                _ => false,
            },
            "{conduct:?} {why:?}"
        );
        assert_eq!(proxy.sends(), sent, "{conduct:?}");

        device.behave(Conduct::Signs);
        deposit(&client, &signer).await.unwrap();
        sent += 1;
        assert_eq!(mined(&network, account).await, u64::from(sent));
    }
}

#[tokio::test]
async fn the_time_of_the_call_bounds_the_signer_too() {
    let network = Network::start().await;
    let device = TestSigner::funded(&network, 0x44, true).await;
    device.behave(Conduct::Hangs);
    let signer = Signer::custom(device.clone());
    let error = network
        .client
        .vault()
        .deposit(signer.address(), Wei::from(1_u64), &signer)
        .timeout(Duration::from_millis(500))
        .await
        .unwrap_err();
    assert!(error.outcome().is_not_sent());
    assert!(
        matches!(&error, Error::Transaction { source } if matches!(**source, TxError::OutOfTime { .. })),
        "{error:?}"
    );
    device.behave(Conduct::Signs);
    deposit(&network.client, &signer).await.unwrap();
    assert_eq!(mined(&network, signer.address()).await, 1);
}

/// Signs only what it has seen.
struct Display(TestSigner, Arc<Mutex<Vec<u8>>>);

impl SignDigest for Display {
    fn address(&self) -> Address {
        self.0.address()
    }

    fn sign_digest(&self, _: Hash32) -> SignFuture<'_> {
        Box::pin(async { Err("this device signs no digests".into()) })
    }

    fn sign_transaction<'a>(&'a self, unsigned: &'a [u8], digest: Hash32) -> SignFuture<'a> {
        self.1.lock().unwrap().extend_from_slice(unsigned);
        assert_eq!(keccak256(unsigned), *digest.as_bytes());
        self.0.sign_digest(digest)
    }
}

#[tokio::test]
async fn a_device_that_shows_transactions_gets_the_whole_of_it() {
    let network = Network::start().await;
    let shown = Arc::default();
    let device = TestSigner::funded(&network, 0x55, true).await;
    let signer = Signer::custom(Display(device, Arc::clone(&shown)));
    deposit(&network.client, &signer).await.unwrap();
    let vault = network.devnet.contracts().vault;
    let shown = shown.lock().unwrap();
    assert!(
        shown
            .windows(20)
            .any(|window| window == <[u8; 20]>::from(vault)),
        "{shown:?}"
    );
}
