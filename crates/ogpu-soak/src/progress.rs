//! What a caller has heard, written down before it matters: its only memory across kills.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    sync::mpsc,
    thread::JoinHandle,
};

use anyhow::{Result, anyhow};
use ogpu_client::{TaskAddress, TxHash};
use serde::{Deserialize, Serialize};

/// What a caller has heard of an intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum News {
    /// It is published.
    Published {
        task: TaskAddress,
        transaction: TxHash,
        /// From the first call of this process to the answer.
        millis: u64,
    },
    /// Nothing was sent. If this is the end of it, nothing ever may be.
    NotSent { error: String, is_final: bool },
    /// It may happen yet.
    Unknown { error: String },
    /// The future was dropped.
    Dropped,
    /// The audit has to know: nothing like it may happen.
    Wrong { what: String },
}

impl News {
    /// Whether a caller that is started again leaves the intent alone.
    const fn ends(&self) -> bool {
        matches!(
            self,
            Self::Published { .. } | Self::NotSent { is_final: true, .. } | Self::Wrong { .. }
        )
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) news: News,
}

/// Appends entries, in groups that are on disk before the next one is.
#[derive(Debug)]
pub(crate) struct ProgressWriter {
    entries: mpsc::Sender<Entry>,
    thread: JoinHandle<std::io::Result<()>>,
}

impl ProgressWriter {
    pub(crate) fn open(directory: &Path) -> Result<Self> {
        let path = path(directory);
        let whole = whole_lines(&read_or_empty(&path)?).len();
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)?;
        // A kill in the midst of a line leaves half of it.
        file.set_len(whole as u64)?;
        drop(file);
        let file = OpenOptions::new().append(true).open(&path)?;
        let (entries, received) = mpsc::channel();
        let thread = std::thread::spawn(move || write_groups(file, &received));
        Ok(Self { entries, thread })
    }

    pub(crate) fn add(&self, number: u64, news: News) -> Result<()> {
        self.entries
            .send(Entry { number, news })
            .map_err(|_| anyhow!("the progress file cannot be written any longer"))
    }

    /// Returns when everything is on disk.
    pub(crate) fn close(self) -> Result<()> {
        drop(self.entries);
        let written = self.thread.join();
        Ok(written.map_err(|_| anyhow!("the progress writer panicked"))??)
    }
}

fn write_groups(mut file: File, received: &mpsc::Receiver<Entry>) -> std::io::Result<()> {
    while let Ok(first) = received.recv() {
        let mut text = Vec::new();
        for entry in std::iter::once(first).chain(received.try_iter()) {
            serde_json::to_writer(&mut text, &entry)?;
            text.push(b'\n');
        }
        file.write_all(&text)?;
        file.sync_data()?;
    }
    Ok(())
}

/// All that a caller has written so far.
pub(crate) fn read(directory: &Path) -> Result<Vec<Entry>> {
    let bytes = read_or_empty(&path(directory))?;
    whole_lines(&bytes)
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| Ok(serde_json::from_slice(line)?))
        .collect()
}

/// The intents that need nothing more, with what ended them.
pub(crate) fn ended(entries: &[Entry]) -> HashMap<u64, &News> {
    entries
        .iter()
        .filter(|entry| entry.news.ends())
        .map(|entry| (entry.number, &entry.news))
        .collect()
}

fn path(directory: &Path) -> PathBuf {
    directory.join("progress.jsonl")
}

fn read_or_empty(path: &Path) -> std::io::Result<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

/// Without the half line at the end.
fn whole_lines(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte == b'\n');
    &bytes[..end.map_or(0, |end| end + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cut_off_by_a_kill_is_forgotten_and_the_rest_remembered() {
        let directory = tempfile::tempdir().unwrap();
        let writer = ProgressWriter::open(directory.path()).unwrap();
        writer.add(3, News::Dropped).unwrap();
        writer.close().unwrap();
        let file = path(directory.path());
        let mut cut = fs::read(&file).unwrap();
        cut.extend_from_slice(br#"{"number":4,"ne"#);
        fs::write(&file, cut).unwrap();

        let writer = ProgressWriter::open(directory.path()).unwrap();
        let what = "twice".to_owned();
        writer.add(5, News::Wrong { what }).unwrap();
        writer.close().unwrap();
        let entries = read(directory.path()).unwrap();
        let numbers: Vec<u64> = entries.iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, [3, 5]);
        assert_eq!(ended(&entries).keys().collect::<Vec<_>>(), [&5]);
    }
}
