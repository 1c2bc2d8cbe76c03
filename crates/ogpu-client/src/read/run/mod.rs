//! Performs the reads of a set at one block.
//!
//! Reads travel in packs, by the cheapest way that the endpoint takes. What a pack does not bring, for
//! whatever reason, is asked for by a call of its own. Every answer names its block: all have to come
//! from the same one, or everything starts over.

mod calls;
mod packs;
#[cfg(test)]
mod tests;

use std::time::Duration;

use ogpu_types::BlockRef;

use super::{
    Answers, At, Found, ReadCause, ReadSet,
    header::{Header, Mark, Unsettled},
    plain::found,
};
use crate::{
    Client, Error, RetryPolicy,
    deadline::Deadline,
    retry::{Advice, with_retries},
    rpc::{Answer, BlockId, Rpc, Way},
};

/// Reading starts over when answers come from different blocks: while one is being made, or replaced,
/// a node may answer for the old one's number with the new one's state.
const RESTARTS: RetryPolicy = RetryPolicy {
    tries: 6,
    backoff: Duration::from_millis(20),
    max_backoff: Duration::from_millis(200),
};
/// From this attempt on there are no packs: a chain's programs may see other numbers than its nodes
/// give to blocks.
const ATTEMPTS_WITH_PACKS: u32 = 4;

impl Client {
    /// Performs all reads of a set at one block. The outer error means that there is no answer to any.
    ///
    /// One round trip, if the node takes packs and none of the reads is out of the ordinary.
    pub(crate) async fn read_set(&self, set: ReadSet, at: At) -> Result<Answers, Error> {
        let rpc = self.rpc();
        if let [read] = &set.reads[..]
            && !set.names_block
        {
            let answer = rpc.send(read.call(at.id())).await;
            return Ok(Answers::new(None, vec![Some(found(rpc, answer))]));
        }
        let advice = |problem: &Problem| match problem {
            Problem::Unsettled(unsettled) => {
                tracing::debug!(
                    ?unsettled,
                    "the chain moved while it was read; starting over"
                );
                Advice::Retry
            }
            Problem::Final(_) => Advice::Final,
        };
        let pauses = Deadline::after(RESTARTS.longest(Duration::ZERO));
        let mut attempts = 0;
        let done = with_retries(RESTARTS, pauses, advice, || {
            attempts += 1;
            Run::new(rpc, &set, at).run(attempts <= ATTEMPTS_WITH_PACKS)
        })
        .await;
        done.map_err(|exhausted| match exhausted.last {
            Problem::Final(error) => error,
            Problem::Unsettled(Unsettled::NoBlock(block)) => Error::BlockNotFound { block },
            Problem::Unsettled(Unsettled::Replaced { number }) => Error::BlockReplaced { number },
        })
    }
}

/// Why reads did not come to their end.
#[derive(Debug)]
enum Problem {
    Unsettled(Unsettled),
    Final(Error),
}

impl From<Unsettled> for Problem {
    fn from(unsettled: Unsettled) -> Self {
        Self::Unsettled(unsettled)
    }
}

/// One attempt to perform all reads of a set.
struct Run<'a> {
    rpc: &'a Rpc,
    set: &'a ReadSet,
    at: At,
    /// The block as the node is asked for it: by its number, once that is known.
    id: BlockId,
    /// What every answer has to come from, once that is known.
    mark: Option<Mark>,
    block: Option<BlockRef>,
    found: Vec<Option<Found>>,
    /// The head's number as the node named it, when its programs saw another.
    head: Option<u64>,
    /// Reads that no pack can bring.
    alone: Vec<usize>,
    /// Which endpoints did not take a pack, and by which way.
    failed: Vec<(usize, Way)>,
}

impl<'a> Run<'a> {
    fn new(rpc: &'a Rpc, set: &'a ReadSet, at: At) -> Self {
        Self {
            rpc,
            set,
            at,
            id: at.id(),
            mark: None,
            block: None,
            found: set.reads.iter().map(|_| None).collect(),
            head: None,
            alone: Vec::new(),
            failed: Vec::new(),
        }
    }

    async fn run(mut self, with_packs: bool) -> Result<Answers, Problem> {
        loop {
            self.read(with_packs).await?;
            if self.is_named().await? {
                break;
            }
        }
        self.blame();
        Ok(Answers::new(self.block, self.found))
    }

    async fn read(&mut self, with_packs: bool) -> Result<(), Problem> {
        loop {
            let alone = std::mem::take(&mut self.alone);
            if !alone.is_empty() {
                self.one_by_one(&alone).await?;
                continue;
            }
            let wanted: Vec<usize> = (0..self.found.len())
                .filter(|&place| self.found[place].is_none())
                .collect();
            if wanted.is_empty() {
                break;
            }
            match self.rpc.way(&self.failed).filter(|_| with_packs) {
                Some(way) => self.by_packs(way, &wanted).await?,
                None => self.by_calls(&wanted).await?,
            }
        }
        Ok(())
    }

    /// Whether the block has a name that fits what the programs saw of it. If not, everything is to be
    /// read once more, at a number that is the node's own.
    async fn is_named(&mut self) -> Result<bool, Problem> {
        if !self.set.names_block || self.block.is_some() {
            return Ok(true);
        }
        let header = self.rpc.send(Header::call(self.id)).await;
        let header = Header::read(self.rpc, header);
        let header = header.map_err(|error| Problem::Final(Error::rpc(error)))?;
        match (header, self.head.take()) {
            (Some(header), _) if self.mark == Some(header.mark()) => {
                self.learn(header)?;
                Ok(true)
            }
            (_, Some(head)) => {
                self.id = BlockId::Number(head);
                self.mark = None;
                self.found.fill_with(|| None);
                Ok(false)
            }
            (_, None) => Err(Unsettled::NoBlock(self.at).into()),
        }
    }

    /// Remembers which endpoints did not take a pack, if that was not the reads' own fault: where
    /// nothing can be read, such as at a block whose state is gone, no pack could have done it.
    fn blame(&self) {
        let is_readable = |found: &Found| matches!(found, Ok(_) | Err(ReadCause::Reverted(_)));
        if self.found.iter().flatten().any(is_readable) {
            for &(place, way) in &self.failed {
                self.rpc.way_failed(place, way);
            }
        }
    }

    fn header(&self, answer: Answer) -> Result<Header, Problem> {
        let header = Header::read(self.rpc, answer);
        let header = header.map_err(|error| Problem::Final(Error::rpc(error)))?;
        Ok(header.ok_or(Unsettled::NoBlock(self.at))?)
    }

    /// Learns the block, or makes sure that it is still the same.
    fn learn(&mut self, header: Header) -> Result<(), Problem> {
        self.settle(header.mark())?;
        let block = header.block();
        if self.block.is_some_and(|known| known != block) {
            return Err(Unsettled::Replaced {
                number: block.number,
            }
            .into());
        }
        self.block = Some(block);
        Ok(())
    }

    /// Takes this for the block of all answers, unless another is that already.
    fn settle(&mut self, mark: Mark) -> Result<(), Unsettled> {
        if self.mark.is_some_and(|known| known != mark) {
            return Err(Unsettled::Replaced {
                number: mark.number,
            });
        }
        self.mark = Some(mark);
        Ok(())
    }
}
