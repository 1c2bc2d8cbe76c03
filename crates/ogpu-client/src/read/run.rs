//! Performs the reads of a set at one block.

use std::time::Duration;

use super::{
    Answers, At, Found, ReadSet,
    header::{Header, Mark, Unsettled},
    plain::{contract_data, found},
    set::Wanted,
};
use crate::{
    Client, Error, RetryPolicy,
    deadline::Deadline,
    retry::{Advice, with_retries},
    rpc::{Answer, BlockId, Rpc},
};
use ogpu_types::BlockRef;

/// Reading starts over when answers come from different blocks: while one is being made, or replaced,
/// a node may answer for the old one's number with the new one's state.
const RESTARTS: RetryPolicy = RetryPolicy {
    tries: 5,
    backoff: Duration::from_millis(20),
    max_backoff: Duration::from_millis(200),
};

impl Client {
    /// Performs all reads of a set at one block. The outer error means that there is no answer to any.
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
        let done = with_retries(RESTARTS, pauses, advice, || Run::new(rpc, &set, at).run()).await;
        done.map_err(|exhausted| match exhausted.last {
            Problem::Final(error) => error,
            Problem::Unsettled(Unsettled::NoBlock(block)) => Error::BlockNotFound { block },
            Problem::Unsettled(Unsettled::Replaced { number }) => Error::BlockReplaced { number },
        })
    }
}

impl Wanted {
    pub(super) fn call(&self, block: BlockId) -> crate::rpc::Call {
        contract_data(self.contract, &self.data, block)
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
        }
    }

    async fn run(mut self) -> Result<Answers, Problem> {
        let wanted: Vec<usize> = (0..self.set.reads.len()).collect();
        self.by_calls(&wanted).await?;
        Ok(Answers::new(self.block, self.found))
    }

    /// Makes a call for each of these reads, together in as few requests as the server takes.
    async fn by_calls(&mut self, wanted: &[usize]) -> Result<(), Problem> {
        if self.mark.is_none() {
            let header = self.rpc.send(Header::call(self.id)).await;
            self.learn(header)?;
        }
        let mut calls: Vec<_> = wanted
            .iter()
            .map(|&place| self.set.reads[place].call(self.id))
            .collect();
        // Numbers may come to name other blocks meanwhile.
        calls.push(Header::call(self.id));
        let mut answers = self
            .rpc
            .batch(calls)
            .await
            .map_err(|error| Problem::Final(Error::rpc(error)))?;
        let header = answers
            .pop()
            .expect("a batch has one answer for each call, whatever the server sends");
        self.learn(header)?;
        for (&place, answer) in wanted.iter().zip(answers) {
            self.found[place] = Some(found(self.rpc, answer));
        }
        Ok(())
    }

    /// Learns the block, or makes sure that it is still the same.
    fn learn(&mut self, header: Answer) -> Result<(), Problem> {
        let header = Header::read(self.rpc, header)
            .map_err(|error| Problem::Final(Error::rpc(error)))?
            .ok_or(Unsettled::NoBlock(self.at))?;
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
        if self.at == At::Head {
            self.id = BlockId::Number(mark.number);
        }
        Ok(())
    }
}
