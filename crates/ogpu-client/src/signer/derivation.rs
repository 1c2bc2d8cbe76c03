//! Keys below a seed (BIP-32), along a path.

use ethers_core::k256::{
    Scalar, SecretKey,
    elliptic_curve::{PrimeField, sec1::ToEncodedPoint},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::MnemonicError;

/// The bit that makes a step hardened: below it public keys tell nothing.
const HARDENED: u32 = 1 << 31;
/// A serialised key counts its depth in one byte.
const DEEPEST: usize = 255;

/// The steps of a derivation path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Path(Vec<u32>);

impl Path {
    /// The path of Ethereum accounts, `m/44'/60'/0'/0/index`.
    pub(super) fn account(index: u32) -> Result<Self, MnemonicError> {
        if index >= HARDENED {
            return Err(MnemonicError::InvalidPath);
        }
        Ok(Self(vec![HARDENED | 44, HARDENED | 60, HARDENED, 0, index]))
    }

    /// Reads `m/44'/60'/0'/0/0`; `h` is as good as `'`.
    pub(super) fn parse(text: &str) -> Result<Self, MnemonicError> {
        let mut parts = text.trim().split('/');
        if parts.next() != Some("m") {
            return Err(MnemonicError::InvalidPath);
        }
        let steps: Vec<u32> = parts
            .map(step)
            .collect::<Option<_>>()
            .ok_or(MnemonicError::InvalidPath)?;
        if steps.len() > DEEPEST {
            return Err(MnemonicError::InvalidPath);
        }
        Ok(Self(steps))
    }
}

fn step(text: &str) -> Option<u32> {
    let (digits, hardened) = match text.strip_suffix(['\'', 'h']) {
        Some(digits) => (digits, HARDENED),
        None => (text, 0),
    };
    // The standard parser takes a sign as well.
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let index: u32 = digits.parse().ok()?;
    (index < HARDENED).then_some(index | hardened)
}

/// A private key with what its children are made from.
#[derive(Zeroize, ZeroizeOnDrop)]
struct ExtendedKey {
    key: [u8; 32],
    chain_code: [u8; 32],
}

/// The key at the end of the path.
pub(super) fn derive(seed: &[u8], path: &Path) -> Result<Zeroizing<[u8; 32]>, MnemonicError> {
    let (left, chain_code) = hmac_halves(b"Bitcoin seed", &[seed]);
    scalar(&left)?;
    let mut node = ExtendedKey {
        key: *left,
        chain_code: *chain_code,
    };
    for &step in &path.0 {
        node = child(&node, step)?;
    }
    Ok(Zeroizing::new(node.key))
}

fn child(parent: &ExtendedKey, step: u32) -> Result<ExtendedKey, MnemonicError> {
    let number = step.to_be_bytes();
    let (left, chain_code) = if step >= HARDENED {
        hmac_halves(&parent.chain_code, &[&[0], &parent.key, &number])
    } else {
        let key = SecretKey::from_slice(&parent.key).map_err(|_| MnemonicError::NoKeyAtThisPath)?;
        let public = key.public_key().to_encoded_point(true);
        hmac_halves(&parent.chain_code, &[public.as_bytes(), &number])
    };
    let sum = Zeroizing::new(*scalar(&left)? + *scalar(&parent.key)?);
    if bool::from(sum.is_zero()) {
        return Err(MnemonicError::NoKeyAtThisPath);
    }
    Ok(ExtendedKey {
        key: sum.to_bytes().into(),
        chain_code: *chain_code,
    })
}

/// A number below the curve's order: all but one in 2^127 are.
fn scalar(bytes: &[u8; 32]) -> Result<Zeroizing<Scalar>, MnemonicError> {
    Option::from(Scalar::from_repr((*bytes).into()))
        .map(Zeroizing::new)
        .ok_or(MnemonicError::NoKeyAtThisPath)
}

type Half = Zeroizing<[u8; 32]>;

fn hmac_halves(key: &[u8], parts: &[&[u8]]) -> (Half, Half) {
    let mut mac = Hmac::<Sha512>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    let mut output = mac.finalize().into_bytes();
    let (mut left, mut right) = (Half::default(), Half::default());
    left.copy_from_slice(&output[..32]);
    right.copy_from_slice(&output[32..]);
    output.as_mut_slice().zeroize();
    (left, right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The private keys of BIP-32's first test vector.
    #[test]
    fn keys_are_those_of_the_standards_test_vectors() {
        let vectors = [
            (
                "000102030405060708090a0b0c0d0e0f",
                "m",
                "e8f32e723decf4051aefac8e2c93c9c5b214313817cdb01a1494b917c8436b35",
            ),
            (
                "000102030405060708090a0b0c0d0e0f",
                "m/0'",
                "edb2e14f9ee77d26dd93b4ecede8d16ed408ce149b6cd80b0715a2d911a0afea",
            ),
            (
                "000102030405060708090a0b0c0d0e0f",
                "m/0h/1",
                "3c6cb8d0f6a264c91ea8b5030fadaa8e538b020f0a387421a12de9319dc93368",
            ),
            (
                "000102030405060708090a0b0c0d0e0f",
                "m/0'/1/2'/2/1000000000",
                "471b76e389e528d6de6d816857e012c5455051cad6660850e58372a6c3e6e7c8",
            ),
        ];
        for (seed, path, key) in vectors {
            let derived = derive(&hex::decode(seed).unwrap(), &Path::parse(path).unwrap());
            assert_eq!(hex::encode(*derived.unwrap()), key, "{path}");
        }
    }

    #[test]
    fn what_holds_key_material_is_wiped_when_dropped() {
        fn is_wiped<T: ZeroizeOnDrop>() {}
        is_wiped::<ExtendedKey>();
        is_wiped::<SecretKey>();
        is_wiped::<ethers_core::k256::ecdsa::SigningKey>();
        is_wiped::<bip39::Mnemonic>();
        is_wiped::<aes::Aes128>();
        is_wiped::<Half>();
        let mut key = ExtendedKey {
            key: [1; 32],
            chain_code: [2; 32],
        };
        key.zeroize();
        assert_eq!((key.key, key.chain_code), ([0; 32], [0; 32]));
    }

    #[test]
    fn an_accounts_path_ends_in_its_index() {
        assert_eq!(
            Path::account(7).unwrap(),
            Path::parse("m/44'/60'/0'/0/7").unwrap()
        );
        assert!(Path::account(HARDENED).is_err());
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in [
            "",
            "44'/60'",
            "m/",
            "m//0",
            "m/x",
            "m/+1",
            "m/-1",
            "m/0''",
            "m/2147483648",
            "m/4294967296'",
            "M/0",
        ] {
            assert!(
                matches!(Path::parse(text), Err(MnemonicError::InvalidPath)),
                "{text}"
            );
        }
        assert!(Path::parse(&format!("m{}", "/0".repeat(256))).is_err());
    }

    proptest! {
        #[test]
        fn any_path_is_read_without_a_panic(text in "m?[/0-9'hé+ ]{0,20}") {
            if let Ok(path) = Path::parse(&text) {
                prop_assert!(path.0.len() <= DEEPEST);
            }
        }
    }
}
