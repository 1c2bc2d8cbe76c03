//! Keys from an encrypted file: Web3 Secret Storage, version 3.

use std::{io, path::Path};

use aes::Aes128;
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit, StreamCipher},
};
use ogpu_types::Address;
use sha3::{Digest, Keccak256};
use zeroize::Zeroizing;

use super::{LocalKey, SignDigest, keystore_file::KeystoreFile};

/// Keystore files have about 500 bytes.
const SIZE_LIMIT: usize = 64 * 1024;

/// Why a keystore file gives no key. No variant repeats the file's content or the password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeystoreError {
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Unreadable {
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is no keystore, or lacks a part.
    #[error("the file is no keystore of version 3 (Web3 Secret Storage)")]
    NotAKeystore,
    /// The file asks for a method that the standard does not name, or that is not offered.
    #[error("the file's {part} is not supported: {supported} is")]
    Unsupported {
        /// The part of the file.
        part: &'static str,
        /// What it may be.
        supported: &'static str,
    },
    /// The file asks for absurd memory or time to try a password.
    #[error("the file's key derivation asks for {asked} {unit}, more than {limit}")]
    TooCostly {
        /// What is counted: bytes of memory, or rounds.
        unit: &'static str,
        /// How much it asks for.
        asked: u64,
        /// How much is given.
        limit: u64,
    },
    /// The password does not fit the file.
    #[error("the password is wrong, or the file is damaged")]
    WrongPassword,
    /// The key is not the one of the account that the file names.
    #[error("the file says it is the key of {stated}, but it is the one of {actual}")]
    WrongAccount {
        /// The account that the file names.
        stated: Address,
        /// The account that its key controls.
        actual: Address,
    },
    /// What was decrypted is no private key.
    #[error("what the file holds is no private key")]
    InvalidKey,
    /// The program's runtime ended before the file was decrypted.
    #[error("the runtime ended before the file was decrypted")]
    Interrupted,
}

/// Decrypts the file's key. Takes seconds of CPU time, and up to 512 MiB of memory.
pub(super) fn keystore_key(path: &Path, password: &str) -> Result<LocalKey, KeystoreError> {
    let content = ogpu_env::read_wiped(path, SIZE_LIMIT).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => KeystoreError::NotAKeystore,
        _ => KeystoreError::Unreadable { source: error },
    })?;
    decrypt(&content, password)
}

fn decrypt(content: &[u8], password: &str) -> Result<LocalKey, KeystoreError> {
    let file = KeystoreFile::parse(content)?;
    let derived = file.kdf.derive(password.as_bytes())?;
    let (cipher_key, mac_key) = derived.split_at(16);
    let mac = Keccak256::new()
        .chain_update(mac_key)
        .chain_update(file.ciphertext)
        .finalize();
    if mac.as_slice() != file.mac {
        return Err(KeystoreError::WrongPassword);
    }
    let mut key = Zeroizing::new(file.ciphertext);
    Ctr128BE::<Aes128>::new_from_slices(cipher_key, &file.iv)
        .map_err(|_| KeystoreError::NotAKeystore)?
        .apply_keystream(key.as_mut_slice());
    let key = LocalKey::from_bytes(&key).map_err(|_| KeystoreError::InvalidKey)?;
    match file.address {
        Some(stated) if stated != key.address() => Err(KeystoreError::WrongAccount {
            stated,
            actual: key.address(),
        }),
        _ => Ok(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signer::keystore_file::examples::{PASSWORD, SECRET, pbkdf2, scrypt};
    use serde_json::{Value, json};

    fn decrypted(file: &Value, password: &str) -> Result<LocalKey, KeystoreError> {
        decrypt(file.to_string().as_bytes(), password)
    }

    #[test]
    fn the_standards_own_files_are_read() {
        let expected = LocalKey::from_hex(SECRET).unwrap().address();
        for mut file in [pbkdf2(), scrypt()] {
            assert_eq!(decrypted(&file, PASSWORD).unwrap().address(), expected);
            let error = decrypted(&file, "testpassworD").unwrap_err();
            assert!(matches!(error, KeystoreError::WrongPassword));
            assert!(!format!("{error} {error:?}").contains("testpass"));
            file["address"] = json!("00000000000000000000000000000000000000ff");
            let error = decrypted(&file, PASSWORD).unwrap_err();
            assert!(
                matches!(error, KeystoreError::WrongAccount { actual, .. } if actual == expected),
                "{error:?}"
            );
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_said_to_be_unreadable() {
        let error = keystore_key(Path::new("no such file"), "").unwrap_err();
        assert!(matches!(error, KeystoreError::Unreadable { .. }));
    }

    #[test]
    fn a_file_that_holds_a_bare_key_is_refused_without_being_quoted() {
        for text in [SECRET.to_owned(), format!("{SECRET:?}"), "1".repeat(64)] {
            let error = decrypt(text.as_bytes(), PASSWORD).unwrap_err();
            assert!(matches!(error, KeystoreError::NotAKeystore));
            assert!(std::error::Error::source(&error).is_none());
        }
    }
}
