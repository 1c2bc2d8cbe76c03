//! One variable of a `.env` file, read without leaving copies of the others in memory.

use std::{io, path::Path, str};

use crate::{DotEnvError, Value, read_wiped};

/// Far more than settings need.
const SIZE_LIMIT: usize = 1024 * 1024;

/// The variable's value, or `None` when the file or the variable is not there, or is empty.
pub(crate) fn look_up(name: &str, path: &Path) -> Result<Option<Value>, DotEnvError> {
    let content = match read_wiped(path, SIZE_LIMIT) {
        Ok(content) => content,
        Err(error) if is_absent(&error, path) => return Ok(None),
        Err(source) => {
            return Err(DotEnvError::Unreadable {
                path: path.to_owned(),
                source,
            });
        }
    };
    let malformed = |line| DotEnvError::Malformed {
        path: path.to_owned(),
        line,
    };
    let text = str::from_utf8(&content)
        .map_err(|error| malformed(line_of(&content[..error.valid_up_to()])))?;
    let value =
        find(text, name).map_err(|Malformed { at }| malformed(line_of(&text.as_bytes()[..at])))?;
    Ok(value.and_then(Value::new))
}

/// Python's virtual environments are directories that may be called `.env`; and a home that is not
/// the user's own, as in a container, does not even tell whether the file is there.
fn is_absent(error: &io::Error, path: &Path) -> bool {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => true,
        _ => path.metadata().map_or(
            error.kind() == io::ErrorKind::PermissionDenied,
            |metadata| metadata.is_dir(),
        ),
    }
}

/// The number of the line, from 1, that follows what is `before`.
fn line_of(before: &[u8]) -> usize {
    1 + before.iter().filter(|&&byte| byte == b'\n').count()
}

/// At this byte begins what is neither space, nor a comment, nor `NAME=value`.
#[derive(Debug, PartialEq, Eq)]
struct Malformed {
    at: usize,
}

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
        let malformed = || Malformed {
            at: text.len() - rest.len(),
        };
        let (name, after) = line.split_once('=').ok_or_else(malformed)?;
        let name = name.trim();
        let name = name.strip_prefix("export ").unwrap_or(name).trim_start();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(malformed());
        }
        let start = line.len() - after.trim_start().len();
        let (value, end) = value(&rest[start..]).ok_or_else(malformed)?;
        if name == variable {
            return Ok(Some(value));
        }
        rest = &rest[start + end..];
    }
}

/// The value at the start of the text, and where what follows it begins; `None` for quotes that do
/// not end.
fn value(text: &str) -> Option<(&str, usize)> {
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
        return Some((value.trim_end(), line.len()));
    };
    let mut escaped = false;
    for (at, char) in text.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if char == quote => {
                let end = at + first_line(&text[at..]).len();
                return Some((&text[1..at], end));
            }
            _ => {}
        }
    }
    None
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
    fn a_line_that_is_no_setting_is_an_error_where_it_begins() {
        for (text, at) in [
            ("value", 0),
            ("\n =value", 2),
            ("two words=value", 0),
            ("A=1\nOTHER='open\nKEY=value", 4),
        ] {
            assert_eq!(find(text, "KEY"), Err(Malformed { at }), "{text}");
        }
    }

    #[test]
    fn an_error_names_file_and_line_and_shows_nothing() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (content, wrong) in [
            (&b"A=1\n\nCANARY\n"[..], 3),
            (b"A='1\n2'\r\nB=\"CANARY\n\n", 3),
            (b"A=1\nCANARY\xff\n", 2),
        ] {
            std::fs::write(file.path(), content).unwrap();
            let error = look_up("KEY", file.path()).unwrap_err();
            assert!(matches!(error, DotEnvError::Malformed { line, .. } if line == wrong));
            let name = file.path().display().to_string();
            let shown = format!("{error} {error:?}");
            assert!(
                shown.contains(&name) && !shown.contains("CANARY"),
                "{shown}"
            );
        }
    }

    #[test]
    fn what_is_no_file_or_not_to_be_seen_is_not_there() {
        let directory = tempfile::tempdir().unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        for absent in [
            directory.path(),
            &directory.path().join(".env"),
            &file.path().join(".env"),
        ] {
            assert_eq!(look_up("KEY", absent).unwrap(), None);
        }
        let denied = io::ErrorKind::PermissionDenied.into();
        assert!(is_absent(&denied, &directory.path().join("hidden/.env")));
        assert!(!is_absent(&denied, file.path()));
    }

    #[test]
    fn a_file_beyond_all_measure_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), vec![b'#'; SIZE_LIMIT + 1]).unwrap();
        let error = look_up("KEY", file.path()).unwrap_err();
        assert!(matches!(error, DotEnvError::Unreadable { .. }), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[KEY='\"\\\\# \n\ré]{0,40}") {
            let found = find(&text, "KEY");
            prop_assert!(found.is_err() || found.is_ok_and(|value| value.is_none_or(|value| text.contains(value))));
        }
    }
}
