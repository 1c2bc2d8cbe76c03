//! Reading chain files: TOML or JSON, one chain or several.

use std::{fs, path::Path};

use serde_json::Value;

use crate::ChainError;

/// A chain file before its entries are understood.
pub(crate) struct ChainFile {
    /// The name or id of the chain to use by default.
    pub(crate) default_chain: Option<Value>,
    /// The entries, each with its place in the file.
    pub(crate) entries: Vec<(String, Value)>,
}

impl ChainFile {
    pub(crate) fn read(path: &Path) -> Result<Self, ChainError> {
        let text = fs::read_to_string(path).map_err(|source| ChainError::ReadFile {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, path)
    }

    /// Reads a file's text; `path` tells the format and is named in errors.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self, ChainError> {
        let document = if is_toml(text, path) {
            parse_toml(text, path)?
        } else {
            parse_json(text, path)?
        };
        let shape = |field, expected| ChainError::FileShape {
            path: path.to_owned(),
            field,
            expected,
        };
        let Value::Object(mut document) = document else {
            return Err(shape("the file", "a table of fields"));
        };
        let default_chain = document.remove("default_chain");
        let entries = match document.remove("chains") {
            None if document.contains_key("chain_id") => {
                vec![("its chain".to_owned(), Value::Object(document))]
            }
            None if default_chain.is_some() => Vec::new(),
            None => return Err(shape("chain_id", "given, or else `chains`")),
            Some(Value::Array(entries)) => (1..)
                .zip(entries)
                .map(|(place, entry)| (format!("entry {place} of `chains`"), entry))
                .collect(),
            Some(_) => return Err(shape("chains", "a list of chains")),
        };
        Ok(Self {
            default_chain,
            entries,
        })
    }
}

/// By the extension, else by the first character: a JSON file begins with a brace.
fn is_toml(text: &str, path: &Path) -> bool {
    let has_extension = |extension| {
        path.extension()
            .is_some_and(|given| given.eq_ignore_ascii_case(extension))
    };
    has_extension("toml") || !(has_extension("json") || text.trim_start().starts_with('{'))
}

/// The parser's own message would quote the line, and with it perhaps a URL's credential.
fn parse_toml(text: &str, path: &Path) -> Result<Value, ChainError> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        ChainError::FileSyntax {
            path: path.to_owned(),
            format: "TOML",
            line: 1 + before.map_or(0, |before| before.matches('\n').count()),
            reason: error.message().replace('\n', ", "),
        }
    })
}

fn parse_json(text: &str, path: &Path) -> Result<Value, ChainError> {
    serde_json::from_str(text).map_err(|error| ChainError::FileSyntax {
        path: path.to_owned(),
        format: "JSON",
        line: error.line(),
        reason: error.to_string(),
    })
}
