//! Bounded copies of refused input, so that an error stays printable whatever was parsed.

/// The most characters of an input that an error repeats.
const MAX_CHARS: usize = 100;

/// Digits in a row from which on an input may be a private key, put where something else belongs.
///
/// A key has 64; an address, which should be repeated, has 40.
const KEY_DIGITS: usize = 56;

/// What stands in for an input that may be a private key.
const HIDDEN: &str = "(hidden, for it may be a private key)";

/// The input itself, or its first [`MAX_CHARS`] characters and an ellipsis; nothing of it if it may
/// be a private key.
pub(crate) fn excerpt(input: &str) -> String {
    if input
        .split(|c: char| !c.is_ascii_hexdigit())
        .any(may_be_key)
    {
        return HIDDEN.to_owned();
    }
    match input.char_indices().nth(MAX_CHARS) {
        None => input.to_owned(),
        Some((end, _)) => format!("{}…", &input[..end]),
    }
}

/// Only decimal digits are a number: of 64 random hexadecimal ones, some are letters.
fn may_be_key(digits: &str) -> bool {
    digits.len() >= KEY_DIGITS && digits.contains(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_input_is_kept_whole() {
        assert_eq!(excerpt("0x12"), "0x12");
        let exact = "é".repeat(MAX_CHARS);
        assert_eq!(excerpt(&exact), exact);
    }

    #[test]
    fn what_may_be_a_private_key_is_not_repeated() {
        let key = "5e".repeat(32);
        for input in [
            key.clone(),
            format!("0x{key}"),
            format!("key={key};"),
            key[2..].to_owned(),
        ] {
            assert_eq!(excerpt(&input), HIDDEN);
        }
        let address = format!("0x{}", "5e".repeat(20));
        assert_eq!(excerpt(&address), address);
        let number = "9".repeat(80);
        assert_eq!(excerpt(&number), number);
    }

    #[test]
    fn long_input_is_cut_between_characters() {
        let cut = excerpt(&"é".repeat(MAX_CHARS + 1));
        assert_eq!(cut.chars().count(), MAX_CHARS + 1);
        assert!(cut.ends_with("é…"));
    }
}
