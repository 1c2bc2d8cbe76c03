//! What a keystore file says, checked before anything is computed or allocated for it.

use ogpu_types::Address;
use serde::Deserialize;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::KeystoreError;

/// Twice what geth's standard parameters take.
const MEMORY_LIMIT: u64 = 512 * 1024 * 1024;
/// Eight times geth's standard parameters.
const SCRYPT_LIMIT: u64 = 1 << 24;
/// Some forty times what files of the kind have.
const PBKDF2_LIMIT: u64 = 10_000_000;
/// The first half is the cipher's key, the second one checks the password.
const DERIVED_LENGTH: u64 = 32;

#[derive(Deserialize)]
struct Document {
    version: u64,
    #[serde(alias = "Crypto")]
    crypto: Crypto,
    /// Not in the standard, but written by most programs.
    #[serde(default)]
    address: Option<String>,
}

#[derive(Deserialize)]
struct Crypto {
    cipher: String,
    cipherparams: CipherParams,
    ciphertext: String,
    kdf: String,
    kdfparams: KdfParams,
    mac: String,
}

#[derive(Deserialize)]
struct CipherParams {
    iv: String,
}

#[derive(Deserialize)]
struct KdfParams {
    dklen: u64,
    salt: String,
    c: Option<u64>,
    prf: Option<String>,
    n: Option<u64>,
    r: Option<u64>,
    p: Option<u64>,
}

/// A keystore file whose parameters can be used.
#[derive(Debug)]
pub(super) struct KeystoreFile {
    pub(super) kdf: Kdf,
    pub(super) iv: [u8; 16],
    pub(super) ciphertext: [u8; 32],
    pub(super) mac: [u8; 32],
    pub(super) address: Option<Address>,
}

/// How the password becomes a key.
#[derive(Debug)]
pub(super) enum Kdf {
    Scrypt {
        salt: Vec<u8>,
        log_n: u8,
        r: u32,
        p: u32,
    },
    Pbkdf2 {
        salt: Vec<u8>,
        rounds: u32,
    },
}

impl KeystoreFile {
    pub(super) fn parse(content: &[u8]) -> Result<Self, KeystoreError> {
        // Its errors may quote the content, which may be a bare key.
        let document: Document =
            serde_json::from_slice(content).map_err(|_| KeystoreError::NotAKeystore)?;
        let Crypto {
            cipher,
            cipherparams,
            ciphertext,
            kdf,
            kdfparams,
            mac,
        } = document.crypto;
        require("version", document.version == 3, "3")?;
        require("cipher", cipher == "aes-128-ctr", "aes-128-ctr")?;
        require(
            "derived key length",
            kdfparams.dklen >= DERIVED_LENGTH,
            "32 bytes or more",
        )?;
        let address = document
            .address
            .map(|text| digits(&text).map(Address::new))
            .transpose()?;
        Ok(Self {
            kdf: Kdf::read(&kdf, &kdfparams)?,
            iv: digits(&cipherparams.iv)?,
            ciphertext: digits(&ciphertext)?,
            mac: digits(&mac)?,
            address,
        })
    }
}

impl Kdf {
    fn read(name: &str, params: &KdfParams) -> Result<Self, KeystoreError> {
        let salt = hex::decode(&params.salt).map_err(|_| KeystoreError::NotAKeystore)?;
        let given = |number: Option<u64>| number.ok_or(KeystoreError::NotAKeystore);
        let small = |number| u32::try_from(number).map_err(|_| KeystoreError::NotAKeystore);
        match name {
            "scrypt" => {
                let (n, r, p) = (given(params.n)?, given(params.r)?, given(params.p)?);
                let memory = n.saturating_add(p).saturating_mul(r).saturating_mul(128);
                limit("bytes of memory", memory, MEMORY_LIMIT)?;
                let work = n.saturating_mul(r).saturating_mul(p);
                limit("rounds", work, SCRYPT_LIMIT)?;
                if !n.is_power_of_two() || n < 2 {
                    return Err(KeystoreError::NotAKeystore);
                }
                Ok(Self::Scrypt {
                    salt,
                    log_n: u8::try_from(n.trailing_zeros())
                        .expect("a 64-bit number has at most 64 trailing zeros"),
                    r: small(r)?,
                    p: small(p)?,
                })
            }
            "pbkdf2" => {
                let prf = params.prf.as_deref() == Some("hmac-sha256");
                require("pseudo-random function", prf, "hmac-sha256")?;
                let rounds = given(params.c)?;
                limit("rounds", rounds, PBKDF2_LIMIT)?;
                if rounds == 0 {
                    return Err(KeystoreError::NotAKeystore);
                }
                Ok(Self::Pbkdf2 {
                    salt,
                    rounds: small(rounds)?,
                })
            }
            _ => Err(KeystoreError::Unsupported {
                part: "key derivation",
                supported: "scrypt or pbkdf2",
            }),
        }
    }

    /// The first 32 bytes of the key that the password gives; more are never used, and asking for
    /// more would not change them.
    pub(super) fn derive(&self, password: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeystoreError> {
        let mut key = Zeroizing::new([0; 32]);
        match self {
            Self::Scrypt { salt, log_n, r, p } => {
                let params =
                    scrypt::Params::new(*log_n, *r, *p).map_err(|_| KeystoreError::NotAKeystore)?;
                scrypt::scrypt(password, salt, &params, key.as_mut_slice())
                    .map_err(|_| KeystoreError::NotAKeystore)?;
            }
            Self::Pbkdf2 { salt, rounds } => {
                pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, *rounds, key.as_mut_slice());
            }
        }
        Ok(key)
    }
}

fn require(part: &'static str, is_so: bool, supported: &'static str) -> Result<(), KeystoreError> {
    if is_so {
        return Ok(());
    }
    Err(KeystoreError::Unsupported { part, supported })
}

fn limit(unit: &'static str, asked: u64, limit: u64) -> Result<(), KeystoreError> {
    if asked <= limit {
        return Ok(());
    }
    Err(KeystoreError::TooCostly { unit, asked, limit })
}

fn digits<const N: usize>(text: &str) -> Result<[u8; N], KeystoreError> {
    let mut bytes = [0; N];
    let text = text.strip_prefix("0x").unwrap_or(text);
    hex::decode_to_slice(text, &mut bytes).map_err(|_| KeystoreError::NotAKeystore)?;
    Ok(bytes)
}

/// The two files of the standard's own test vectors.
#[cfg(test)]
pub(super) mod examples {
    use serde_json::{Value, json};

    pub(crate) const PASSWORD: &str = "testpassword";
    pub(crate) const SECRET: &str =
        "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

    pub(crate) fn pbkdf2() -> Value {
        json!({
            "crypto": {
                "cipher": "aes-128-ctr",
                "cipherparams": { "iv": "6087dab2f9fdbbfaddc31a909735c1e6" },
                "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
                "kdf": "pbkdf2",
                "kdfparams": {
                    "c": 262144,
                    "dklen": 32,
                    "prf": "hmac-sha256",
                    "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
                },
                "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
            },
            "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
            "version": 3,
        })
    }

    pub(crate) fn scrypt() -> Value {
        json!({
            "crypto": {
                "cipher": "aes-128-ctr",
                "cipherparams": { "iv": "83dbcc02d8ccb40e466191a123791e0e" },
                "ciphertext": "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
                "kdf": "scrypt",
                "kdfparams": {
                    "dklen": 32,
                    "n": 262144,
                    "p": 8,
                    "r": 1,
                    "salt": "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19",
                },
                "mac": "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
            },
            "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
            "version": 3,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn parse(file: &Value) -> Result<KeystoreFile, KeystoreError> {
        KeystoreFile::parse(file.to_string().as_bytes())
    }

    #[test]
    fn an_absurd_cost_is_refused_before_it_is_paid() {
        for (n, r, p) in [
            (1_u64 << 40, 8_u64, 1_u64),
            (1 << 23, 1, 1),
            (2, 1 << 40, 1),
            (2, 1, 1 << 40),
            (262_144, 8, 9),
            (u64::MAX, u64::MAX, u64::MAX),
        ] {
            let mut file = examples::scrypt();
            file["crypto"]["kdfparams"]["n"] = json!(n);
            file["crypto"]["kdfparams"]["r"] = json!(r);
            file["crypto"]["kdfparams"]["p"] = json!(p);
            let refused = parse(&file);
            assert!(
                matches!(refused, Err(KeystoreError::TooCostly { .. })),
                "{refused:?}"
            );
        }
        let mut file = examples::pbkdf2();
        file["crypto"]["kdfparams"]["c"] = json!(1_u64 << 31);
        assert!(
            matches!(parse(&file), Err(KeystoreError::TooCostly { asked, .. }) if asked == 1 << 31)
        );
    }

    #[test]
    fn the_usual_costs_are_paid() {
        // Those of geth, standard and light, and of ethers.
        for (n, r, p) in [(262_144, 8, 1), (4096, 8, 6), (131_072, 8, 1), (8192, 8, 1)] {
            let mut file = examples::scrypt();
            file["crypto"]["kdfparams"]["n"] = json!(n);
            file["crypto"]["kdfparams"]["r"] = json!(r);
            file["crypto"]["kdfparams"]["p"] = json!(p);
            assert!(parse(&file).is_ok(), "{n} {r} {p}");
        }
    }

    #[test]
    fn other_methods_are_named() {
        for (at, value, part) in [
            ("/version", json!(1), "version"),
            ("/crypto/cipher", json!("aes-256-gcm"), "cipher"),
            ("/crypto/kdf", json!("argon2"), "key derivation"),
            ("/crypto/kdfparams/dklen", json!(16), "derived key length"),
            (
                "/crypto/kdfparams/prf",
                json!("hmac-sha1"),
                "pseudo-random function",
            ),
        ] {
            let mut file = examples::pbkdf2();
            *file.pointer_mut(at).unwrap() = value;
            let refused = parse(&file).unwrap_err();
            assert!(
                matches!(refused, KeystoreError::Unsupported { part: named, .. } if named == part),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn parts_of_wrong_length_are_refused() {
        for (at, value) in [
            ("/crypto/mac", json!("00")),
            ("/crypto/ciphertext", json!("")),
            ("/crypto/cipherparams/iv", json!("0".repeat(30))),
            ("/crypto/kdfparams/salt", json!("xy")),
            ("/crypto/kdfparams/n", json!(3)),
            ("/crypto/kdfparams/r", json!(0)),
            ("/crypto/kdfparams/p", Value::Null),
        ] {
            let mut file = examples::scrypt();
            *file.pointer_mut(at).unwrap() = value;
            let refused = parse(&file).and_then(|file| file.kdf.derive(b"").map(|_| ()));
            assert!(
                matches!(refused, Err(KeystoreError::NotAKeystore)),
                "{at} {refused:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(content: Vec<u8>) {
            prop_assert!(KeystoreFile::parse(&content).is_err());
        }

        #[test]
        fn any_cost_is_paid_or_refused(n: u64, r: u64, p: u64, log_n in 0..64_u32) {
            for n in [n, 1 << log_n] {
                let mut file = examples::scrypt();
                file["crypto"]["kdfparams"]["n"] = json!(n);
                file["crypto"]["kdfparams"]["r"] = json!(r % 64);
                file["crypto"]["kdfparams"]["p"] = json!(p % 64);
                if let Ok(KeystoreFile { kdf: Kdf::Scrypt { log_n, r, p, .. }, .. }) = parse(&file) {
                    let memory = ((1_u64 << log_n) + u64::from(p)) * u64::from(r) * 128;
                    prop_assert!(memory <= MEMORY_LIMIT);
                }
            }
        }
    }
}
