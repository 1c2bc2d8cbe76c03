//! What the machines did, done once more: the same events must give the same actions.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use anyhow::{Context, Result};
use ogpu_tx::{Account, Action, Event, Policy};

use crate::traces::Transition;

/// What a replay has found.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    pub(crate) transitions: u64,
    pub(crate) discrepancies: Vec<String>,
}

impl Replay {
    /// Replays the trace of one process.
    pub(crate) fn add(&mut self, path: &Path, policy: Policy) -> Result<()> {
        if !path.exists() {
            // Killed before it had begun.
            return Ok(());
        }
        let mut accounts: HashMap<String, Account> = HashMap::new();
        let mut lines = BufReader::new(File::open(path)?).split(b'\n').peekable();
        while let Some(line) = lines.next() {
            let line = line?;
            let Ok(step) = serde_json::from_slice::<Transition>(&line) else {
                if lines.peek().is_none() {
                    // A kill in the midst of a line.
                    return Ok(());
                }
                self.discrepancies
                    .push(format!("{}: a line is no transition", path.display()));
                return Ok(());
            };
            let event: Event =
                serde_json::from_str(&step.event).context("no event of a machine")?;
            let logged: Vec<Action> =
                serde_json::from_str(&step.actions).context("no actions of a machine")?;
            let account = accounts
                .entry(step.account.clone())
                .or_insert_with(|| Account::new(policy));
            let actions = account.on(&event, step.now);
            self.transitions += 1;
            if actions != logged {
                self.discrepancies.push(format!(
                    "{}: {} at {} ms: {} gave {}, and replayed {}",
                    path.display(),
                    step.account,
                    step.now,
                    step.event,
                    step.actions,
                    serde_json::to_string(&actions)?,
                ));
                return Ok(());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use ogpu_tx::IntentId;

    use super::*;

    fn line(actions: &[Action]) -> String {
        let event = Event::Wanted {
            id: IntentId(0),
            confirmations: 1,
            pending: Some(7),
        };
        let step = Transition {
            account: "0x01".to_owned(),
            now: 5,
            event: serde_json::to_string(&event).unwrap(),
            actions: serde_json::to_string(actions).unwrap(),
        };
        serde_json::to_string(&step).unwrap()
    }

    fn replay(text: &str) -> Replay {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let mut replay = Replay::default();
        replay.add(file.path(), Policy::default()).unwrap();
        replay
    }

    fn first_action() -> Vec<Action> {
        vec![Action::Sign {
            id: IntentId(0),
            nonce: 7,
            fees: None,
        }]
    }

    #[test]
    fn what_a_machine_did_it_does_again() {
        let replay = replay(&format!("{}\n{{\"acc", line(&first_action())));
        assert_eq!(replay.discrepancies, [""; 0]);
        assert_eq!(replay.transitions, 1);
    }

    #[test]
    fn an_action_that_no_machine_took_is_found() {
        let replay = replay(&format!("{}\n", line(&[Action::Fill])));
        assert_eq!(replay.discrepancies.len(), 1);
    }
}
