//! Keys from a phrase of words (BIP-39).

use bip39::{Language, Mnemonic};
use sha2::Sha512;
use zeroize::Zeroizing;

use super::{LocalKey, SignerError, derivation, derivation::Path};

/// What the standard asks for.
const ROUNDS: u32 = 2048;
/// 24 words of at most eight letters, and the blanks between them.
const LONGEST_PHRASE: usize = 24 * 9;

/// Why a mnemonic gives no key. No variant repeats a word of it, or of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MnemonicError {
    /// The phrase has too few or too many words.
    #[error("the phrase has {count} words: it must be 12, 15, 18, 21 or 24")]
    WordCount {
        /// How many it has.
        count: usize,
    },
    /// A word is not on the list.
    #[error("word {position} of the phrase is not on the English word list")]
    UnknownWord {
        /// Which one, counted from 1.
        position: usize,
    },
    /// The words do not belong together.
    #[error("the phrase's checksum is wrong: is a word missing, mistaken or misplaced?")]
    Checksum,
    /// The path cannot be read.
    #[error("not a derivation path: one looks like m/44'/60'/0'/0/0, with steps below 2147483648")]
    InvalidPath,
    /// One number in 2^127 is no key: the standard says to take the next index.
    #[error("there is no key at this path: take the next index")]
    NoKeyAtThisPath,
}

/// The key that the phrase gives at the end of the path.
pub(super) fn mnemonic_key(phrase: &str, path: &Path) -> Result<LocalKey, SignerError> {
    let key = seed(phrase)
        .and_then(|seed| derivation::derive(seed.as_slice(), path))
        .map_err(|source| SignerError::Mnemonic { source })?;
    LocalKey::from_bytes(&key)
}

fn seed(phrase: &str) -> Result<Zeroizing<[u8; 64]>, MnemonicError> {
    let mnemonic =
        Mnemonic::parse_in_normalized(Language::English, phrase).map_err(|error| match error {
            bip39::Error::BadWordCount(count) => MnemonicError::WordCount { count },
            bip39::Error::UnknownWord(index) => MnemonicError::UnknownWord {
                position: index + 1,
            },
            _ => MnemonicError::Checksum,
        })?;
    // Large enough from the start, so that no smaller copy is left behind.
    let mut normalised = Zeroizing::new(String::with_capacity(LONGEST_PHRASE));
    for word in mnemonic.words() {
        if !normalised.is_empty() {
            normalised.push(' ');
        }
        normalised.push_str(word);
    }
    let mut seed = Zeroizing::new([0; 64]);
    pbkdf2::pbkdf2_hmac::<Sha512>(
        normalised.as_bytes(),
        b"mnemonic",
        ROUNDS,
        seed.as_mut_slice(),
    );
    Ok(seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signer::SignDigest;
    use proptest::prelude::*;

    /// The phrase that development chains fund.
    const JUNK: &str = "test test test test test test test test test test test junk";

    #[test]
    fn accounts_are_those_of_every_other_wallet() {
        for (index, address) in [
            (0, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
            (1, "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
            (2, "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
        ] {
            let key = mnemonic_key(JUNK, &Path::account(index).unwrap()).unwrap();
            assert_eq!(key.address().to_string(), address);
        }
    }

    #[test]
    fn blanks_around_words_make_no_difference() {
        let spaced = format!("  {}\n", JUNK.replace(' ', " \t "));
        assert_eq!(seed(&spaced).unwrap(), seed(JUNK).unwrap());
    }

    /// The phrase is one of the standard's examples; the seed was computed apart.
    #[test]
    fn a_seed_is_the_one_that_the_standard_gives() {
        let phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow";
        let expected = "878386efb78845b3355bd15ea4d39ef97d179cb712b77d5c12b6be415fffeffe\
                        5f377ba02bf3f8544ab800b955e51fbff09828f682052a20faa6addbbddfb096";
        assert_eq!(hex::encode(*seed(phrase).unwrap()), expected);
    }

    #[test]
    fn a_wrong_phrase_is_explained_without_its_words() {
        let unknown = JUNK.replace("junk", "canary");
        let swapped = JUNK.replace("junk", "test");
        for (phrase, problem) in [
            ("", MnemonicError::WordCount { count: 0 }),
            ("test test", MnemonicError::WordCount { count: 2 }),
            (
                unknown.as_str(),
                MnemonicError::UnknownWord { position: 12 },
            ),
            (swapped.as_str(), MnemonicError::Checksum),
        ] {
            let error = mnemonic_key(phrase, &Path::account(0).unwrap()).unwrap_err();
            let SignerError::Mnemonic { source } = &error else {
                panic!("{error:?}");
            };
            assert_eq!(*source, problem);
            let printed = format!("{error} {error:?} {source} {source:?}");
            assert!(
                !printed.contains("test") && !printed.contains("canary"),
                "{printed}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_phrase_is_read_without_a_panic(phrase in "[a-z é\n]{0,120}") {
            prop_assert!(seed(&phrase).is_err());
        }
    }
}
