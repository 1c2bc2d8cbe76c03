//! Signers from all sources, right and wrong, with keys that are looked for in what is printed.

use std::{
    fmt::Write,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use ethers_core::{k256::ecdsa::SigningKey, utils::secret_key_to_address};
use ogpu_client::{Address, Role, SignDigest, SignFuture, Signature, Signer, types::Hash32};

use crate::{
    captured::{Captured, key},
    scan::Secrets,
};

const PHRASE: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";
/// What the phrase gives, computed apart.
const PHRASE_SEED: &str = "878386efb78845b3355bd15ea4d39ef97d179cb712b77d5c12b6be415fffeffe5f377ba02bf3f8544ab800b955e51fbff09828f682052a20faa6addbbddfb096";
const PHRASE_KEY: &str = "33fa40f84e854b941c2b0436dd4a256e1df1cb41b9c1c0ccc8446408c19b8bf9";

/// The keystore standard's own example.
const KEYSTORE: &str = r#"{"version":3,"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","crypto":{"cipher":"aes-128-ctr",
"cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},"mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
"ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2","kdfparams":{"c":262144,"dklen":32,
"prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"}}}"#;
const KEYSTORE_PASSWORD: &str = "testpassword";
const KEYSTORE_KEY: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

const WRONG_PASSWORD: &str = "canary-password";
const WRONG_PHRASE: &str =
    "legal winner thank year wave sausage worth useful legal winner thank thank";

/// The keys of the signers below, and all that leads to them.
pub(crate) fn secrets() -> Secrets {
    let mut secrets = Secrets::default();
    for number in 1..=3 {
        secrets.bytes(&format!("key {number}"), &key(number));
    }
    for (name, digits) in [
        ("the phrase's seed", PHRASE_SEED),
        ("the phrase's key", PHRASE_KEY),
        ("the keystore's key", KEYSTORE_KEY),
    ] {
        secrets.bytes(name, &hex::decode(digits).unwrap());
    }
    secrets.phrase("the phrase", PHRASE);
    for password in [KEYSTORE_PASSWORD, WRONG_PASSWORD] {
        secrets.text("a password", password);
        secrets.bytes("a password", password.as_bytes());
    }
    secrets
}

/// A device that fails the first two times that it is asked.
struct Moody {
    key: SigningKey,
    asked: AtomicU32,
}

impl SignDigest for Moody {
    fn address(&self) -> Address {
        secret_key_to_address(&self.key).into()
    }

    fn sign_digest(&self, digest: Hash32) -> SignFuture<'_> {
        Box::pin(async move {
            match self.asked.fetch_add(1, Ordering::Relaxed) {
                0 => panic!("the device is on fire"),
                1 => return Err("the device is locked".into()),
                _ => {}
            }
            let (signature, _) = self.key.sign_prehash_recoverable(digest.as_bytes())?;
            let (r, s) = signature.split_bytes();
            Ok(Signature {
                r: r.into(),
                s: s.into(),
                y_parity: None,
            })
        })
    }
}

pub(crate) fn moody() -> Signer {
    Signer::custom(Moody {
        key: SigningKey::from_slice(&key(3)).unwrap(),
        asked: AtomicU32::new(0),
    })
}

/// A signer of each kind.
pub(crate) async fn signers(directory: &Path) -> Vec<Signer> {
    std::fs::write(
        directory.join(".env"),
        format!("AGENT_PRIVATE_KEY=0x{}\n", hex::encode(key(2))),
    )
    .unwrap();
    std::fs::write(directory.join("keystore.json"), KEYSTORE).unwrap();
    std::env::set_current_dir(directory).unwrap();
    vec![
        Signer::from_role(Role::Agent).unwrap(),
        Signer::from_mnemonic(PHRASE, 0).unwrap(),
        Signer::from_keystore("keystore.json", KEYSTORE_PASSWORD)
            .await
            .unwrap(),
    ]
}

/// Every mistake with a key: its error is printed.
pub(crate) async fn mistakes(directory: &Path, captured: &Captured) {
    let digits = hex::encode(key(1));
    let mut wrong = vec![
        Signer::from_hex(&format!("{}zz", &digits[2..])),
        Signer::from_hex(&format!("{digits}00")),
        Signer::from_hex(PHRASE),
        Signer::from_mnemonic(&digits, 0),
        Signer::from_mnemonic(WRONG_PHRASE, 0),
        Signer::from_mnemonic(&PHRASE.replace("yellow", "canary"), 0),
        Signer::from_mnemonic(&PHRASE.replace(" yellow", ""), 0),
        Signer::from_mnemonic(PHRASE, u32::MAX),
        Signer::from_mnemonic_at(PHRASE, PHRASE),
        Signer::from_mnemonic_at(PHRASE, &format!("m/{digits}")),
        Signer::from_keystore("keystore.json", WRONG_PASSWORD).await,
        Signer::from_keystore("missing.json", KEYSTORE_PASSWORD).await,
    ];
    for content in [
        digits.clone(),
        format!("{digits:?}"),
        format!(r#"{{"version":3,"crypto":{{"cipher":"{digits}"}}}}"#),
        KEYSTORE.replace("aes-128-ctr", &digits),
        KEYSTORE.replace("262144", "2621440000"),
    ] {
        let file = directory.join("wrong.json");
        std::fs::write(&file, content).unwrap();
        wrong.push(Signer::from_keystore(&file, KEYSTORE_PASSWORD).await);
    }
    for content in [
        format!("{digits}\n"),
        format!("MASTER_PRIVATE_KEY=\"{digits}\n"),
        format!("MASTER_PRIVATE_KEY={digits}0\n"),
    ] {
        std::fs::write(directory.join(".env"), content).unwrap();
        wrong.push(Signer::from_role(Role::Master));
    }
    let mut kinds = String::new();
    for error in wrong {
        let error = error.unwrap_err();
        writeln!(kinds, "{error}").unwrap();
        captured.error(&error);
    }
    assert!(
        kinds.contains("mnemonic") && kinds.contains("keystore") && kinds.contains(".env"),
        "{kinds}"
    );
}
