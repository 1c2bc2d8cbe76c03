//! Reads in packs.

use futures::{StreamExt, stream};
use ogpu_contracts::Revert;
use ogpu_types::HexBytes;

use super::{Problem, Run};
use crate::{
    Error, RpcCause, RpcError,
    read::{
        ReadCause,
        header::{Header, Mark, Unsettled},
        pack::{Pack, gas_limit, pack},
        program::{Performed, read_answer},
    },
    retry::Advice,
    rpc::{Answer, BlockId, Call, Way},
};

/// Packs in one request.
const PACKS: usize = 8;
/// What is expected of one request's packs, in bytes. On its way each is two characters.
const ANSWER: usize = 1024 * 1024;
/// What is expected of packs that may share their request with others' calls, in bytes.
const SMALL: usize = 16 * 1024;
/// Requests that are under way at a time.
const CONCURRENCY: usize = 4;

/// What became of a pack.
enum Fate {
    /// The program ran, and this is its answer.
    Ran(HexBytes),
    /// The node does not take it, as it is.
    Refused,
    /// Nothing was heard.
    Lost(RpcError),
}

impl Run<'_> {
    /// Performs these reads in packs, as far as that works.
    pub(super) async fn by_packs(&mut self, way: Way, wanted: &[usize]) -> Result<(), Problem> {
        let groups = group(pack(&self.set.reads, wanted, way));
        let asks_header = groups.len() > 1 || (self.set.names_block && self.block.is_none());
        let id = self.id;
        let calls = groups.iter().map(|group| {
            // First, so that it tells the transport the endpoint's head.
            let header = asks_header.then(|| Header::call(id));
            let packs = group.iter().map(|pack| pack.call(way, id));
            header.into_iter().chain(packs).collect::<Vec<Call>>()
        });
        let is_large = groups
            .iter()
            .flatten()
            .map(|pack| pack.expected)
            .sum::<usize>()
            > SMALL;
        let rpc = self.rpc;
        let mut calls: Vec<Vec<Call>> = calls.collect();
        let answers = if calls.len() == 1 {
            // At once, so that it travels with what else is asked at this moment.
            vec![rpc.request(calls.remove(0), is_large).await]
        } else {
            stream::iter(calls)
                .map(|calls| rpc.request(calls, true))
                .buffered(CONCURRENCY)
                .collect::<Vec<Vec<(usize, Answer)>>>()
                .await
        };

        let mut headers = Vec::new();
        let mut packs = Vec::new();
        for (group, answers) in groups.into_iter().zip(answers) {
            let mut answers = answers.into_iter();
            if asks_header && let Some((_, header)) = answers.next() {
                headers.push(self.header(header)?);
            }
            packs.extend(group.into_iter().zip(answers));
        }
        let mut ran = Vec::new();
        for (pack, (place, answer)) in packs {
            match self.fate(way, answer) {
                Fate::Ran(answer) => {
                    rpc.way_worked(place, way);
                    ran.push((pack, answer));
                }
                Fate::Refused if self.failed.contains(&(place, way)) => {
                    self.alone.extend(pack.places);
                }
                Fate::Refused => {
                    tracing::debug!(?way, "the node does not take a pack of reads");
                    self.failed.push((place, way));
                }
                Fate::Lost(error) => return Err(Problem::Final(Error::rpc(error))),
            }
        }
        self.take(&ran, &headers)
    }

    fn fate(&self, way: Way, answer: Answer) -> Fate {
        let answer = match answer {
            Ok(answer) => self.rpc.parse::<HexBytes>("eth_call", Ok(answer)),
            Err(error) => Err(error),
        };
        let answer = match answer {
            Ok(answer) if way != Way::Reverting => Some(answer),
            Ok(_) => None,
            Err(error) => match &error.cause {
                RpcCause::Node(node) if error.cause.advice() == Advice::Final => {
                    let reverted = node.revert_bytes().filter(|_| way == Way::Reverting);
                    reverted.map(HexBytes::from)
                }
                RpcCause::Malformed { .. } => None,
                cause if cause.advice() == Advice::Final => None,
                _ => return Fate::Lost(error),
            },
        };
        let is_usable = |answer: &HexBytes| {
            let performed = read_answer(answer.as_slice());
            performed.is_some_and(|performed| self.may_be(performed.mark))
        };
        match answer.filter(is_usable) {
            Some(answer) => Fate::Ran(answer),
            None => Fate::Refused,
        }
    }

    /// Whether a program that saw this ran where it should: on some chains it sees other numbers than
    /// the nodes give to blocks.
    fn may_be(&self, mark: Mark) -> bool {
        match self.id {
            BlockId::Number(number) => mark.number == number,
            _ => true,
        }
    }

    /// Takes what packs gave, if all of it comes from one block.
    fn take(&mut self, ran: &[(Pack, HexBytes)], headers: &[Header]) -> Result<(), Problem> {
        let performed: Vec<(&Pack, Performed<'_>)> = ran
            .iter()
            .filter_map(|(pack, answer)| Some((pack, read_answer(answer.as_slice())?)))
            .collect();
        let Some(mark) = performed.first().map(|(_, performed)| performed.mark) else {
            return Ok(());
        };
        let newest = performed.iter().map(|(_, performed)| performed.mark.number);
        let newest = newest.max().unwrap_or(mark.number);
        let is_one = performed.iter().all(|(_, other)| other.mark == mark);
        if !is_one {
            return self.pin(newest);
        }
        self.settle(mark)?;
        for header in headers {
            if header.mark() == mark || !self.is_head_asked() {
                self.learn(*header)?;
            } else {
                // The head moved between the two. The header is asked for again, by its number.
                self.head = Some(header.mark().number);
            }
        }
        if self.id == BlockId::Latest {
            self.id = BlockId::Number(mark.number);
        }
        for (pack, performed) in performed {
            self.take_pack(pack, &performed);
        }
        Ok(())
    }

    /// Has everything read at one number, after the head moved meanwhile.
    fn pin(&mut self, number: u64) -> Result<(), Problem> {
        if !self.is_head_asked() {
            return Err(Unsettled::Replaced { number }.into());
        }
        self.id = BlockId::Number(number);
        Ok(())
    }

    fn is_head_asked(&self) -> bool {
        self.id == BlockId::Latest
    }

    fn take_pack(&mut self, pack: &Pack, performed: &Performed<'_>) {
        for (&place, record) in pack.places.iter().zip(&performed.records) {
            let found = if record.is_success {
                Ok(HexBytes::from(record.data))
            } else if record.gas_used >= gas_limit(&self.set.reads[place]) / 2 {
                // It may only have had too little gas.
                self.alone.push(place);
                continue;
            } else {
                Err(ReadCause::Reverted(Revert::decode(record.data)))
            };
            self.found[place] = Some(found);
        }
        if performed.records.is_empty() {
            // It may be too large for any pack.
            self.alone.extend(pack.places.first());
        }
    }
}

/// Puts packs together into requests.
fn group(packs: Vec<Pack>) -> Vec<Vec<Pack>> {
    let mut groups: Vec<Vec<Pack>> = Vec::new();
    let mut expected = 0;
    for pack in packs {
        let total = pack.expected.saturating_add(expected);
        match groups.last_mut() {
            Some(group) if group.len() < PACKS && total <= ANSWER => {
                expected = total;
                group.push(pack);
            }
            _ => {
                expected = pack.expected;
                groups.push(vec![pack]);
            }
        }
    }
    groups
}
