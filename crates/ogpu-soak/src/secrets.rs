//! Keys must be in no file that a caller writes beside its journal.

use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::Path,
};

use anyhow::Result;
use base64::{Engine, engine::general_purpose};
use memchr::memmem;

/// How much of a file is looked at in one go.
const CHUNK: usize = 1 << 20;

/// The forms in which keys are looked for.
#[derive(Debug, Default)]
pub(crate) struct Canaries {
    needles: Vec<(String, Vec<u8>)>,
}

impl Canaries {
    /// Looks for this key as well.
    pub(crate) fn add(&mut self, name: &str, key: &[u8; 32]) {
        let numbers: Vec<String> = key.iter().map(u8::to_string).collect();
        let lower = hex::encode(key);
        let forms = [
            ("hex", lower.to_uppercase()),
            ("hex", lower),
            ("decimal", numbers.join(", ")),
            ("decimal", numbers.join(",")),
            // The last character depends on what follows.
            (
                "base64",
                general_purpose::STANDARD_NO_PAD.encode(&key[..30]),
            ),
            (
                "base64",
                general_purpose::URL_SAFE_NO_PAD.encode(&key[..30]),
            ),
        ];
        for (form, text) in forms {
            self.needles
                .push((format!("{name} as {form}"), text.into_bytes()));
        }
    }

    /// The names of what is in the file, which may be longer than memory.
    pub(crate) fn found_in(&self, path: &Path) -> Result<Vec<String>> {
        let mut file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            file => file?,
        };
        let longest = self.needles.iter().map(|(_, needle)| needle.len()).max();
        let overlap = longest.unwrap_or(0).saturating_sub(1);
        let mut window = Vec::new();
        let mut found = Vec::new();
        loop {
            let read = (&mut file).take(CHUNK as u64).read_to_end(&mut window)?;
            for (name, needle) in &self.needles {
                if memmem::find(&window, needle).is_some() && !found.contains(name) {
                    found.push(name.clone());
                }
            }
            if read == 0 {
                return Ok(found);
            }
            window.drain(..window.len().saturating_sub(overlap));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn planted(text: &str) -> Vec<String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        // Across the border of what is looked at in one go.
        file.write_all(&vec![b'.'; CHUNK - 20]).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.write_all(b" and on").unwrap();
        let mut canaries = Canaries::default();
        canaries.add("a key", &key());
        canaries.found_in(file.path()).unwrap()
    }

    fn key() -> [u8; 32] {
        std::array::from_fn(|index| u8::try_from(index * 7 % 251).unwrap())
    }

    #[test]
    fn a_key_is_found_in_every_form_wherever_it_is() {
        assert_eq!(planted(&hex::encode(key())), ["a key as hex"]);
        assert_eq!(planted(&hex::encode_upper(key())), ["a key as hex"]);
        assert_eq!(planted(&format!("{:?}", key())), ["a key as decimal"]);
        let text = general_purpose::STANDARD.encode(key());
        assert!(!planted(&text).is_empty());
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        assert!(planted("0x00 is no key").is_empty());
    }
}
