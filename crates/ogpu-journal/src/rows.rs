//! Entries as rows. The JSON is the entry; the other columns are there to be searched.

use std::time::{SystemTime, UNIX_EPOCH};

use ogpu_client::{Address, ChainId, IdempotencyKey, JournalChange, JournalEntry};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::failure::Failure;

/// How many rows a step of pruning deletes, so that writes get in between.
pub(crate) const PRUNE_STEP: u16 = 1000;

/// Whose rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) chain: ChainId,
    pub(crate) account: Address,
}

impl Part {
    /// Counts up the account's holders; the new holder's number.
    pub(crate) fn new_holder(self, connection: &mut Connection) -> Result<i64, Failure> {
        let place = (self.chain_column(), self.account.to_string());
        let transaction = connection.transaction()?;
        transaction.execute(
            "INSERT INTO accounts (chain, account, holder) VALUES (?1, ?2, 1)
             ON CONFLICT DO UPDATE SET holder = holder + 1",
            (&place.0, &place.1),
        )?;
        let holder = transaction.query_row(
            "SELECT holder FROM accounts WHERE chain = ?1 AND account = ?2",
            place,
            |row| row.get(0),
        )?;
        transaction.commit()?;
        Ok(holder)
    }

    /// Fails when there has been a holder after this one.
    pub(crate) fn check_holder(self, connection: &Connection, holder: i64) -> Result<(), Failure> {
        let newest: Option<i64> = connection
            .query_row(
                "SELECT holder FROM accounts WHERE chain = ?1 AND account = ?2",
                (self.chain_column(), self.account.to_string()),
                |row| row.get(0),
            )
            .optional()?;
        if newest == Some(holder) {
            Ok(())
        } else {
            Err(Failure::Lost)
        }
    }

    /// All entries that are not settled, by rising nonce.
    pub(crate) fn unsettled(self, connection: &Connection) -> Result<Vec<JournalEntry>, Failure> {
        let mut statement = connection.prepare(
            "SELECT key, nonce, state, entry FROM entries
             WHERE chain = ?1 AND account = ?2 AND state = 'sent'",
        )?;
        let mut rows = statement.query((self.chain_column(), self.account.to_string()))?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            entries.push(self.entry(row)?);
        }
        // Here rather than in SQL, whose integers have a sign.
        entries.sort_by_key(|entry| entry.nonce);
        Ok(entries)
    }

    /// The entry with this key.
    pub(crate) fn find(
        self,
        connection: &Connection,
        key: &IdempotencyKey,
    ) -> Result<Option<JournalEntry>, Failure> {
        let mut statement = connection.prepare(
            "SELECT key, nonce, state, entry FROM entries
             WHERE chain = ?1 AND account = ?2 AND key = ?3",
        )?;
        let mut rows =
            statement.query((self.chain_column(), self.account.to_string(), key.as_str()))?;
        rows.next()?.map(|row| self.entry(row)).transpose()
    }

    /// Makes one change, within the caller's transaction.
    pub(crate) fn change(
        self,
        connection: &Connection,
        change: &JournalChange,
    ) -> Result<(), Failure> {
        match change {
            JournalChange::Put(entry) => self.put(connection, entry),
            JournalChange::Settle { key, hash } => match self.find(connection, key)? {
                Some(mut entry) => {
                    entry.settle(*hash);
                    self.put(connection, &entry)
                }
                None => Ok(()),
            },
            JournalChange::Remove { key } => {
                connection.execute(
                    "DELETE FROM entries WHERE chain = ?1 AND account = ?2 AND key = ?3",
                    (self.chain_column(), self.account.to_string(), key.as_str()),
                )?;
                Ok(())
            }
        }
    }

    fn put(self, connection: &Connection, entry: &JournalEntry) -> Result<(), Failure> {
        let settled = entry.settled_hash();
        let hash = settled.or_else(|| entry.versions.last().map(|version| version.hash));
        let json = serde_json::to_string(entry)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        connection.execute(
            "INSERT OR REPLACE INTO entries
             (chain, account, key, nonce, state, hash, settled_at, entry)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                self.chain_column(),
                self.account.to_string(),
                entry.key.as_str(),
                entry.nonce.cast_signed(),
                state_column(entry),
                hash.map(|hash| hash.to_string()),
                settled.map(|_| unix_seconds(SystemTime::now())),
                json,
            ],
        )?;
        Ok(())
    }

    /// What is in a row, if its columns agree.
    fn entry(self, row: &Row<'_>) -> Result<JournalEntry, Failure> {
        let key: String = row.get(0)?;
        let nonce: i64 = row.get(1)?;
        let state: String = row.get(2)?;
        let json: String = row.get(3)?;
        // The parser's own words may quote the content.
        let entry: JournalEntry = match serde_json::from_str(&json) {
            Ok(entry) => entry,
            Err(error) => {
                let (kind, column) = (error.classify(), error.column());
                let problem = format!("its JSON has a {kind:?} error in column {column}");
                return Err(Failure::Corrupt { key, problem });
            }
        };
        let agrees = entry.chain == self.chain
            && entry.account == self.account
            && entry.key.as_str() == key
            && entry.nonce == nonce.cast_unsigned()
            && state_column(&entry) == state;
        if agrees {
            Ok(entry)
        } else {
            let problem = "its columns and its JSON disagree".to_owned();
            Err(Failure::Corrupt { key, problem })
        }
    }

    /// SQLite's integers have a sign; ids above half of the range become negative, and stay apart.
    const fn chain_column(self) -> i64 {
        self.chain.get().cast_signed()
    }
}

/// Deletes up to [`PRUNE_STEP`] entries that were settled before this time; how many.
pub(crate) fn prune(connection: &Connection, before: SystemTime) -> rusqlite::Result<u64> {
    connection.execute(
        "DELETE FROM entries WHERE rowid IN (
             SELECT rowid FROM entries WHERE state = 'settled' AND settled_at < ?1 LIMIT ?2
         )",
        params![unix_seconds(before), PRUNE_STEP],
    )?;
    Ok(connection.changes())
}

fn state_column(entry: &JournalEntry) -> &'static str {
    if entry.settled_hash().is_some() {
        "settled"
    } else {
        "sent"
    }
}

/// Zero before 1970.
fn unix_seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
