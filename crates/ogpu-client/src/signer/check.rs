//! What a signer answers, checked before anything is sent.

use ethers_core::{
    k256::ecdsa::{self, RecoveryId, VerifyingKey},
    utils::public_key_to_address,
};
use ogpu_types::{Address, Hash32};

use super::{Signature, SignerError};

/// A signature that chains accept: with a low `s` (EIP-2), and of the account that was to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CheckedSignature {
    pub(crate) r: [u8; 32],
    pub(crate) s: [u8; 32],
    pub(crate) y_parity: bool,
}

/// Brings `s` into the lower half, and finds out whose signature it is.
pub(super) fn check(
    signature: &Signature,
    digest: Hash32,
    expected: Address,
) -> Result<CheckedSignature, SignerError> {
    let given = ecdsa::Signature::from_scalars(signature.r, signature.s)
        .map_err(|_| SignerError::InvalidSignature)?;
    // The same signature with `s` negated has the point of the other parity.
    let (low, was_high) = match given.normalize_s() {
        Some(low) => (low, true),
        None => (given, false),
    };
    let candidates = match signature.y_parity {
        Some(is_odd) => vec![is_odd ^ was_high],
        None => vec![false, true],
    };
    let y_parity = candidates
        .into_iter()
        .find(|is_odd| signed_by(&low, *is_odd, digest) == Some(expected))
        .ok_or(SignerError::WrongSignature { expected })?;
    let (r, s) = low.split_bytes();
    Ok(CheckedSignature {
        r: r.into(),
        s: s.into(),
        y_parity,
    })
}

/// Whose signature of the digest this is.
fn signed_by(signature: &ecdsa::Signature, is_odd: bool, digest: Hash32) -> Option<Address> {
    let id = RecoveryId::new(is_odd, false);
    VerifyingKey::recover_from_prehash(digest.as_bytes(), signature, id)
        .ok()
        .map(|key| public_key_to_address(&key).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signer::{LocalKey, SignDigest};
    use ethers_core::k256::{Scalar, elliptic_curve::PrimeField};
    use futures::FutureExt;
    use proptest::prelude::*;

    fn signed(key: [u8; 32], digest: Hash32) -> Option<(Signature, Address)> {
        let key = LocalKey::from_bytes(&key).ok()?;
        let signature = key.sign_digest(digest).now_or_never()?.ok()?;
        Some((signature, key.address()))
    }

    /// The other signature of the same key and content.
    fn mirrored(signature: &Signature) -> Signature {
        let s: Scalar = Option::from(Scalar::from_repr(signature.s.into())).unwrap();
        Signature {
            s: (-s).to_bytes().into(),
            y_parity: signature.y_parity.map(|is_odd| !is_odd),
            ..*signature
        }
    }

    proptest! {
        #[test]
        fn both_forms_of_a_signature_become_the_low_one(key: [u8; 32], digest: [u8; 32]) {
            let digest = Hash32::new(digest);
            let Some((low, address)) = signed(key, digest) else {
                return Err(TestCaseError::reject("no key"));
            };
            let expected = CheckedSignature {
                r: low.r,
                s: low.s,
                y_parity: low.y_parity.unwrap(),
            };
            prop_assert!(expected.s[0] < 0x80);
            for given in [low, mirrored(&low)] {
                let silent = Signature { y_parity: None, ..given };
                prop_assert_eq!(check(&given, digest, address).unwrap(), expected);
                prop_assert_eq!(check(&silent, digest, address).unwrap(), expected);
                let flipped = Signature { y_parity: given.y_parity.map(|is_odd| !is_odd), ..given };
                prop_assert!(check(&flipped, digest, address).is_err());
            }
        }

        #[test]
        fn another_keys_or_contents_signature_is_refused(key: [u8; 32], other: [u8; 32], digest: [u8; 32]) {
            let digest = Hash32::new(digest);
            let (Some((signature, address)), Some((_, stranger))) =
                (signed(key, digest), signed(other, digest))
            else {
                return Err(TestCaseError::reject("no key"));
            };
            prop_assume!(address != stranger);
            let elsewhere = Hash32::new(digest.as_bytes().map(|byte| !byte));
            for y_parity in [signature.y_parity, None] {
                let signature = Signature { y_parity, ..signature };
                for (digest, account) in [(digest, stranger), (elsewhere, address)] {
                    let refused = check(&signature, digest, account);
                    prop_assert!(matches!(refused, Err(SignerError::WrongSignature { expected }) if expected == account), "{:?}", refused);
                }
            }
        }

        #[test]
        fn any_numbers_are_judged_without_a_panic(r: [u8; 32], s: [u8; 32], y_parity: Option<bool>) {
            let signature = Signature { r, s, y_parity };
            prop_assert!(check(&signature, Hash32::ZERO, Address::ZERO).is_err());
        }
    }

    #[test]
    fn numbers_beyond_the_curve_are_no_signature() {
        for (r, s) in [
            ([0; 32], [1; 32]),
            ([1; 32], [0; 32]),
            ([0xff; 32], [1; 32]),
        ] {
            let signature = Signature {
                r,
                s,
                y_parity: None,
            };
            let refused = check(&signature, Hash32::ZERO, Address::ZERO);
            assert!(matches!(refused, Err(SignerError::InvalidSignature)));
        }
    }
}
