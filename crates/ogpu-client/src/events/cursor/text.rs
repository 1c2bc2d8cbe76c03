//! A cursor's bytes.

use std::sync::Arc;

use ogpu_contracts::protocol_event::{self, Emitters};
use ogpu_types::{Address, ChainId, Hash32, Log, LoggedEvent, TxHash};
use sha3::{Digest, Keccak256};

use super::{Cursor, Entry, Mark, Origin};

/// The layout that follows.
const VERSION: u8 = 1;
const CHECK_SUM: usize = 4;
/// Older blocks than fit into this are left out.
const MOST_BYTES: usize = 64 * 1024;
/// More topics than this has no log.
const MOST_TOPICS: u8 = 4;

// An event begins with the place of its contract among the emitters, and what is not written since it
// is that of the event before.
const CONTRACT: u8 = 0b11;
const SAME_TOPICS: u8 = 0b100;
const SAME_TRANSACTION: u8 = 0b1000;

/// A text that is no cursor of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CursorError {
    /// It is not made of pairs of hexadecimal digits.
    #[error("a cursor is written in hexadecimal digits")]
    NotHex,
    /// It is cut off, or changed.
    #[error("the cursor is damaged: save it whole, as it was given")]
    Damaged,
    /// Another version of this crate has written it.
    #[error("the cursor has layout {version}, which this version does not read")]
    Version {
        /// The layout.
        version: u8,
    },
}

pub(super) fn encode(cursor: &Cursor) -> Vec<u8> {
    let Emitters {
        nexus,
        terminal,
        vault,
    } = cursor.origin.emitters;
    // From the newest on, as many as fit.
    let mut entries = Vec::new();
    let mut size = 0;
    let mut anchor = cursor.anchor;
    for entry in cursor.entries.iter().rev() {
        let bytes = entry_bytes(entry, &cursor.origin.emitters);
        size += bytes.len();
        if size > MOST_BYTES {
            anchor = Some(entry.mark);
            break;
        }
        entries.push(bytes);
    }
    let mut out = Writer(vec![VERSION]);
    out.number(cursor.origin.chain.into());
    for address in [nexus, terminal, vault] {
        out.0.extend(address.as_bytes());
    }
    out.number(cursor.from);
    out.number(cursor.next);
    out.option(cursor.parent.as_ref(), |out, hash| {
        out.0.extend(hash.as_bytes());
    });
    out.option(anchor.as_ref(), Writer::mark);
    out.number(entries.len() as u64);
    for bytes in entries.into_iter().rev() {
        out.0.extend(bytes);
    }
    let sum = check_sum(&out.0);
    out.0.extend(sum);
    out.0
}

fn entry_bytes(entry: &Entry, emitters: &Emitters) -> Vec<u8> {
    let mut out = Writer(Vec::new());
    out.mark(&entry.mark);
    out.number(entry.told().len() as u64);
    let mut before: Option<&Log> = None;
    for event in entry.told() {
        let log = &event.log;
        let emitters = (0_u8..).zip(emitters.all());
        let mut first = emitters
            .filter(|(_, (_, address))| *address == log.address)
            .map(|(place, _)| place)
            .next()
            .unwrap_or(CONTRACT);
        let has_same_topics = before.is_some_and(|before| before.topics == log.topics);
        let is_of_same = before.is_some_and(|b| b.transaction_hash == log.transaction_hash);
        first |= SAME_TOPICS * u8::from(has_same_topics);
        first |= SAME_TRANSACTION * u8::from(is_of_same);
        out.0.push(first);
        if !has_same_topics {
            out.0
                .push(u8::try_from(log.topics.len()).unwrap_or(u8::MAX));
            for topic in &log.topics {
                out.0.extend(topic.as_bytes());
            }
        }
        out.number(log.data.as_ref().len() as u64);
        out.0.extend(log.data.as_ref());
        if !is_of_same {
            out.0.extend(log.transaction_hash.as_bytes());
        }
        out.number(log.log_index);
        out.option(event.timestamp.as_ref(), |out, time| out.number(*time));
        before = Some(log);
    }
    out.0
}

pub(super) fn decode(bytes: &[u8]) -> Result<Cursor, CursorError> {
    let (bytes, sum) = bytes
        .split_last_chunk::<CHECK_SUM>()
        .ok_or(CursorError::Damaged)?;
    if check_sum(bytes) != *sum {
        return Err(CursorError::Damaged);
    }
    let mut input = Reader(bytes);
    match input.byte() {
        Some(VERSION) => input.cursor().ok_or(CursorError::Damaged),
        Some(version) => Err(CursorError::Version { version }),
        None => Err(CursorError::Damaged),
    }
}

fn check_sum(bytes: &[u8]) -> [u8; CHECK_SUM] {
    let digest: [u8; 32] = Keccak256::digest(bytes).into();
    let [a, b, c, d, ..] = digest;
    [a, b, c, d]
}

struct Writer(Vec<u8>);

impl Writer {
    /// Seven bits in each byte, the lowest first; the eighth says that more follow.
    fn number(&mut self, mut number: u64) {
        loop {
            let [low, ..] = number.to_le_bytes();
            number >>= 7;
            if number == 0 {
                self.0.push(low & 0x7f);
                return;
            }
            self.0.push(low | 0x80);
        }
    }

    fn mark(&mut self, mark: &Mark) {
        self.number(mark.number);
        self.0.extend(mark.hash.as_bytes());
    }

    fn option<T>(&mut self, value: Option<&T>, write: impl FnOnce(&mut Self, &T)) {
        self.0.push(value.is_some().into());
        if let Some(value) = value {
            write(self, value);
        }
    }
}

/// Reads what a [`Writer`] wrote; `None` where the bytes end too soon or cannot be.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn cursor(mut self) -> Option<Cursor> {
        let chain = ChainId::new(self.number()?);
        let emitters = Emitters {
            nexus: self.address()?,
            terminal: self.address()?,
            vault: self.address()?,
        };
        let from = self.number()?;
        let next = self.number()?;
        let parent = self.option(Self::hash)?;
        let anchor = self.option(Self::mark)?;
        let count = self.number()?;
        let mut entries = Vec::new();
        for _ in 0..count {
            entries.push(self.entry(&emitters)?);
        }
        let in_order = entries
            .iter()
            .zip(entries.iter().skip(1))
            .all(|(earlier, later)| earlier.mark.number < later.mark.number);
        (in_order && self.0.is_empty()).then(|| Cursor {
            origin: Arc::new(Origin { chain, emitters }),
            from,
            next,
            parent,
            anchor,
            entries,
        })
    }

    fn entry(&mut self, emitters: &Emitters) -> Option<Entry> {
        let mark = self.mark()?;
        let mut entry = Entry::new(mark);
        let count = self.number()?;
        let mut events = Vec::new();
        for _ in 0..count {
            let before = events.last().map(|event: &Arc<LoggedEvent>| &event.log);
            let event = self.event(mark, emitters, before)?;
            events.push(Arc::new(event));
        }
        let told = events.len();
        entry.expect_more(events);
        for _ in 0..told {
            entry.tell_next();
        }
        Some(entry)
    }

    fn event(
        &mut self,
        mark: Mark,
        emitters: &Emitters,
        before: Option<&Log>,
    ) -> Option<LoggedEvent> {
        let first = self.byte()?;
        let (contract, address) = *emitters.all().get(usize::from(first & CONTRACT))?;
        let topics = if first & SAME_TOPICS == 0 {
            let count = self.byte().filter(|count| *count <= MOST_TOPICS)?;
            (0..count).map(|_| self.hash()).collect::<Option<_>>()?
        } else {
            before?.topics.clone()
        };
        let length = usize::try_from(self.number()?).ok()?;
        let data = self.bytes(length)?.to_vec();
        let transaction: TxHash = if first & SAME_TRANSACTION == 0 {
            self.hash()?
        } else {
            before?.transaction_hash
        };
        let index = self.number()?;
        let timestamp = self.option(Self::number)?;
        let log = Log::new(
            address,
            topics,
            data.into(),
            mark.number,
            mark.hash,
            transaction,
            index,
        );
        let event = protocol_event::decode(&log, emitters);
        let mut logged = LoggedEvent::new(contract, event, log);
        logged.timestamp = timestamp;
        Some(logged)
    }

    fn bytes(&mut self, length: usize) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes(1)?.first().copied()
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            number |= bits.checked_shl(shift).filter(|n| n >> shift == bits)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn hash(&mut self) -> Option<Hash32> {
        let bytes: [u8; 32] = self.bytes(32)?.try_into().ok()?;
        Some(bytes.into())
    }

    fn address(&mut self) -> Option<Address> {
        let bytes: [u8; 20] = self.bytes(20)?.try_into().ok()?;
        Some(bytes.into())
    }

    fn mark(&mut self) -> Option<Mark> {
        Some(Mark {
            number: self.number()?,
            hash: self.hash()?,
        })
    }

    /// The outer `None` is for bytes that cannot be.
    fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.byte()? {
            0 => Some(None),
            1 => read(self).map(Some),
            _ => None,
        }
    }
}
