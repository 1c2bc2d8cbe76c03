//! One variable of a `.env` file, read without leaving copies of the others in memory.

use std::{io, path::Path, str};

use zeroize::Zeroizing;

use super::{SignerError, wiped_file};

/// Far more than settings need.
const SIZE_LIMIT: usize = 1024 * 1024;

/// The variable's value, or `None` when the file or the variable is not there.
pub(super) fn lookup(
    variable: &str,
    path: &Path,
) -> Result<Option<Zeroizing<Vec<u8>>>, SignerError> {
    let unreadable = || SignerError::DotEnv {
        path: path.display().to_string(),
    };
    let content = match wiped_file::read(path, SIZE_LIMIT) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(_) => return Err(unreadable()),
    };
    let text = str::from_utf8(&content).map_err(|_| unreadable())?;
    let value = find(text, variable).map_err(|Malformed| unreadable())?;
    Ok(value.map(|value| Zeroizing::new(value.as_bytes().to_vec())))
}

/// A line is neither empty, nor a comment, nor `NAME=value`.
#[derive(Debug, PartialEq, Eq)]
struct Malformed;

/// The first value that the text gives the variable. Lines are `NAME=value`, with or without
/// `export`; values may be quoted, and then span lines; `#` starts a comment.
fn find<'a>(text: &'a str, variable: &str) -> Result<Option<&'a str>, Malformed> {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(None);
        }
        let line = first_line(rest);
        if line.starts_with('#') {
            rest = &rest[line.len()..];
            continue;
        }
        let (name, after) = line.split_once('=').ok_or(Malformed)?;
        let name = name.trim();
        let name = name.strip_prefix("export ").unwrap_or(name).trim_start();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(Malformed);
        }
        let start = line.len() - after.trim_start().len();
        let (value, end) = value(&rest[start..])?;
        if name == variable {
            return Ok(Some(value));
        }
        rest = &rest[start + end..];
    }
}

/// The value at the start of the text, and where what follows it begins.
fn value(text: &str) -> Result<(&str, usize), Malformed> {
    let Some(quote) = text
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''))
    else {
        let line = first_line(text);
        let value = match line.find('#') {
            Some(0) => "",
            Some(at) if line[..at].ends_with([' ', '\t']) => &line[..at],
            _ => line,
        };
        return Ok((value.trim_end(), line.len()));
    };
    let mut escaped = false;
    for (at, char) in text.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if char == quote => {
                let end = at + first_line(&text[at..]).len();
                return Ok((&text[1..at], end));
            }
            _ => {}
        }
    }
    Err(Malformed)
}

fn first_line(text: &str) -> &str {
    &text[..text.find(['\n', '\r']).unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_is_found_in_all_its_forms() {
        for text in [
            "KEY=value",
            "\u{feff}KEY=value\n",
            "  export KEY = value  # why\r\n",
            "# KEY=other\n\nKEY='value'\n",
            "OTHER=a#b\nKEY=\"value\" # why",
            "OTHER=\nKEY=value",
            "PEM=\"first \\\" KEY=no\nKEY=no\n\"\nKEY=value\nKEY=later",
            "OTHER='it\\'\nKEY=value",
        ] {
            assert_eq!(find(text, "KEY"), Ok(Some("value")), "{text}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for text in ["", "\n# KEY=value\n", "MY_KEY=value", "OTHER=KEY=value"] {
            assert_eq!(find(text, "KEY"), Ok(None), "{text}");
        }
        assert_eq!(find("KEY=", "KEY"), Ok(Some("")));
        assert_eq!(find("KEY=# why", "KEY"), Ok(Some("")));
    }

    #[test]
    fn a_line_that_is_no_setting_is_an_error() {
        for text in [
            "value",
            "=value",
            "two words=value",
            "OTHER='open\nKEY=value",
        ] {
            assert_eq!(find(text, "KEY"), Err(Malformed), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[KEY='\"\\\\# \n\ré]{0,40}") {
            let found = find(&text, "KEY");
            prop_assert!(found.is_err() || found.is_ok_and(|value| value.is_none_or(|value| text.contains(value))));
        }
    }
}
