//! Bounded copies of refused input, so that an error stays printable whatever was parsed.

/// The most characters of an input that an error repeats.
const MAX_CHARS: usize = 100;

/// The input itself, or its first [`MAX_CHARS`] characters and an ellipsis.
pub(crate) fn excerpt(input: &str) -> String {
    match input.char_indices().nth(MAX_CHARS) {
        None => input.to_owned(),
        Some((end, _)) => format!("{}…", &input[..end]),
    }
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
    fn long_input_is_cut_between_characters() {
        let cut = excerpt(&"é".repeat(MAX_CHARS + 1));
        assert_eq!(cut.chars().count(), MAX_CHARS + 1);
        assert!(cut.ends_with("é…"));
    }
}
