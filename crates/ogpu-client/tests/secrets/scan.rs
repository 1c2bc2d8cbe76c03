//! Looks for secrets in text, in every form in which programs print bytes and phrases.
//!
//! Secrets are cut into pieces, so that half of one is found as well.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

/// Hexadecimal digits of a piece: 8 bytes.
const HEX_PIECE: usize = 16;
/// Base64 characters of a piece: 9 bytes.
const BASE64_PIECE: usize = 12;
/// Numbers of a piece.
const NUMBERS: usize = 6;
/// Words of a piece, in their order.
const WORDS: usize = 3;

/// How a text is prepared before pieces are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    /// As it is.
    Plain,
    /// In lower case.
    Lower,
    /// Without white space, and in lower case: lists of numbers on one line or on many.
    Compact,
    /// Lower-case words with one blank between them.
    Words,
}

/// What must not be printed.
#[derive(Default)]
pub(crate) struct Secrets {
    pieces: Vec<(String, View, String)>,
}

impl Secrets {
    /// A text, as it is.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.add(name, View::Plain, text.to_owned());
    }

    /// Bytes: in hexadecimal digits, in base64, and as lists of numbers.
    pub(crate) fn bytes(&mut self, name: &str, bytes: &[u8]) {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.cut(&format!("{name} in hex"), View::Lower, &digits, HEX_PIECE);
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            for before in 0..3 {
                // What precedes the bytes shifts them, and has a part in their first character.
                let text = engine.encode([&vec![0; before][..], bytes].concat());
                let own = &text[[0, 2, 3][before]..];
                let name = format!("{name} in base64 after {before} bytes");
                self.cut(&name, View::Plain, own, BASE64_PIECE);
            }
        }
        for (form, number) in [
            ("decimal", (|byte| format!("{byte}")) as fn(&u8) -> String),
            ("hexadecimal", |byte| format!("{byte:x}")),
            ("prefixed hexadecimal", |byte| format!("0x{byte:x}")),
            ("padded hexadecimal", |byte| format!("{byte:02x}")),
        ] {
            for piece in bytes.chunks_exact(NUMBERS) {
                let numbers: Vec<String> = piece.iter().map(number).collect();
                let list = format!(",{},", numbers.join(","));
                self.add(&format!("{name} as {form} numbers"), View::Compact, list);
            }
        }
    }

    /// A phrase: any words of it in their order, whatever stands between them.
    pub(crate) fn phrase(&mut self, name: &str, phrase: &str) {
        let words: Vec<&str> = phrase.split(' ').collect();
        for piece in words.windows(WORDS) {
            let piece = format!(" {} ", piece.join(" "));
            self.add(&format!("words of {name}"), View::Words, piece);
        }
        self.bytes(name, phrase.as_bytes());
    }

    fn cut(&mut self, name: &str, view: View, text: &str, length: usize) {
        for piece in text.as_bytes().chunks_exact(length) {
            let piece = String::from_utf8(piece.to_vec()).unwrap();
            self.add(name, view, piece);
        }
    }

    fn add(&mut self, name: &str, view: View, piece: String) {
        self.pieces.push((name.to_owned(), view, piece));
    }

    /// The names of the secrets that the text gives away, with the pieces found.
    pub(crate) fn leaks(&self, text: &str) -> Vec<String> {
        let lower = text.to_lowercase();
        let compact: String = lower
            .chars()
            .filter(|char| !char.is_whitespace())
            // The ends of a list are as good as its commas.
            .map(|char| if "[](){}".contains(char) { ',' } else { char })
            .collect();
        let mut words = String::from(" ");
        for word in lower
            .split(|char: char| !char.is_alphabetic())
            .filter(|word| !word.is_empty())
        {
            words += word;
            words.push(' ');
        }
        self.pieces
            .iter()
            .filter(|(_, view, piece)| {
                let text = match view {
                    View::Plain => text,
                    View::Lower => &lower,
                    View::Compact => &compact,
                    View::Words => &words,
                };
                text.contains(piece.as_str())
            })
            .map(|(name, _, piece)| format!("{name}: {piece}"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captured::{Captured, key};
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    const PHRASE: &str =
        "legal winner thank year wave sausage worth useful legal winner thank yellow";

    fn secrets() -> Secrets {
        let mut secrets = Secrets::default();
        secrets.bytes("key", &key(1));
        secrets.phrase("phrase", PHRASE);
        secrets.text("token", "canary");
        secrets
    }

    /// The log of a program that prints this.
    fn logged(planted: &str) -> String {
        let captured = Captured::default();
        tracing::subscriber::with_default(captured.subscriber(), || {
            tracing::trace!(planted, "before\n{planted} after");
        });
        captured.text()
    }

    /// Every way of printing the key and the phrase.
    fn planted() -> Vec<String> {
        let key = key(1);
        let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut forms = vec![
            format!("0x{digits}"),
            digits.to_uppercase(),
            digits[..32].to_owned(),
            digits[32..].to_owned(),
            format!("{key:?}"),
            format!("{key:#?}"),
            format!("{:?}", &key[7..20]),
            format!("{key:x?}"),
            format!("{key:02X?}"),
            format!("{key:#x?}"),
            serde_json::to_string(&key).unwrap(),
            PHRASE.to_owned(),
            PHRASE.to_uppercase(),
            PHRASE.replace(' ', "\n"),
            format!("{:?}", PHRASE.split(' ').collect::<Vec<_>>()),
            format!("{:?}", &PHRASE.split(' ').collect::<Vec<_>>()[4..7]),
            "the canary sings".to_owned(),
        ];
        for engine in [&STANDARD, &URL_SAFE, &STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            for before in 0..3 {
                let beside = |secret: &[u8]| [&b"key"[..before], secret, b";"].concat();
                forms.push(engine.encode(beside(&key)));
                forms.push(engine.encode(beside(&key[10..])));
                forms.push(engine.encode(beside(PHRASE.as_bytes())));
            }
        }
        forms
    }

    #[test]
    fn a_planted_leak_of_every_form_is_found_in_a_log() {
        let secrets = secrets();
        for planted in planted() {
            let log = logged(&planted);
            assert!(!secrets.leaks(&log).is_empty(), "missed {planted}");
        }
    }

    #[test]
    fn each_form_is_found_for_what_it_is() {
        let secrets = secrets();
        let key = key(1);
        for (planted, name) in [
            (format!("{key:02x?}").replace(", ", ""), "key in hex"),
            (URL_SAFE.encode(key), "key in base64 after 0 bytes"),
            (
                STANDARD.encode([&[9], &key[..]].concat()),
                "key in base64 after 1 bytes",
            ),
            (
                STANDARD.encode([&[9, 9], &key[..]].concat()),
                "key in base64 after 2 bytes",
            ),
            (format!("{key:?}"), "key as decimal numbers"),
            (PHRASE.to_owned(), "words of phrase"),
            ("canary".to_owned(), "token"),
        ] {
            let leaks = secrets.leaks(&planted);
            assert!(
                leaks.iter().any(|leak| leak.starts_with(name)),
                "{name}: {leaks:?}"
            );
        }
    }

    #[test]
    fn what_is_no_secret_is_not_found() {
        let secrets = secrets();
        let words: Vec<&str> = PHRASE.split(' ').rev().collect();
        for text in [
            format!("{:?}", key(2)),
            STANDARD.encode(key(2)),
            words.join(" "),
            "legal matters: the winner may thank the jury".to_owned(),
            "0x0000000000000000000000000000000000000000".to_owned(),
        ] {
            assert_eq!(secrets.leaks(&logged(&text)), [""; 0], "{text}");
        }
    }
}
