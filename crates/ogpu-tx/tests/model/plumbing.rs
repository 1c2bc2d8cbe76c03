//! Does what the account wants done, well or badly.

use ogpu_tx::{Action, Event, Fees, IntentEvent, IntentId, Meaning, Verdict, Version};
use ogpu_types::TxHash;

use super::{
    chain::{Tx, fees},
    moves::Move,
    world::{Entry, Work, World},
};

/// No fault.
const WELL: u8 = 0;

impl World {
    /// Takes note of an action, and of the work that it is.
    pub(crate) fn take(&mut self, action: &Action) {
        let work = match *action {
            Action::Sign { id, nonce, fees } => {
                let known = self.known.get_mut(&id).unwrap();
                if known.nonce != Some(nonce) {
                    known.nonce = Some(nonce);
                    known.signed.clear();
                    known.stored.clear();
                }
                Work::Sign { id, nonce, fees }
            }
            Action::Store { id, hash } => {
                let fees = self.txs[&hash].fees;
                let version = Version { hash, fees };
                let known = self.known.get_mut(&id).unwrap();
                if !known.signed.contains(&version) {
                    known.signed.push(version);
                }
                // What is written is what there is now, whenever it is written.
                self.entries.push(Entry {
                    confirmations: known.confirmations,
                    nonce: self.txs[&hash].nonce,
                    versions: known.signed.clone(),
                    is_settled: false,
                });
                let entry = self.entries.len() - 1;
                Work::Store { id, hash, entry }
            }
            Action::Offer { id, hash } => {
                self.offers += 1;
                self.known.get_mut(&id).unwrap().offered.insert(hash);
                Work::Offer { id, hash }
            }
            Action::Price { id, than } => Work::Price { id, than },
            Action::FindReceipt { id } => Work::FindReceipt { id },
            Action::FindUser { id, nonce } => Work::FindUser { id, nonce },
            Action::Settle { id, .. } => {
                self.known.get_mut(&id).unwrap().was_settled = true;
                Work::Settle { id }
            }
            Action::Withdraw { id } => {
                self.known.get_mut(&id).unwrap().is_withdrawn = true;
                Work::Withdraw { id }
            }
            Action::Conclude { id, verdict } => {
                let known = self.known.get_mut(&id).unwrap();
                known.is_open = false;
                known.is_not_sent |= matches!(verdict, Verdict::NotSent { .. });
                return;
            }
            Action::Forget { id } => {
                let known = self.known.get_mut(&id).unwrap();
                known.is_forgotten = true;
                let nonce = known.nonce.filter(|_| known.was_settled);
                // What is buried is counted, whatever a node that lags has said since.
                let buried = nonce.filter(|nonce| self.net.chain.final_at(*nonce).is_some());
                self.last_count = self.last_count.max(buried.map(|nonce| nonce + 1));
                return;
            }
            Action::Count { after } => {
                self.counts += 1;
                Work::Count {
                    due: self.now + after,
                }
            }
            Action::Fill => {
                self.fills += 1;
                Work::Fill
            }
            _ => unreachable!(),
        };
        self.work.push(work);
    }

    pub(crate) fn go(&mut self, one: Move) {
        match one {
            Move::Want {
                confirmations,
                asks,
                behind,
                max_fee,
            } => {
                let pending = asks.then(|| match behind {
                    0 => self.net.pending(),
                    _ => self.net.chain.behind(behind).mined(),
                });
                self.want(confirmations, max_fee, pending);
            }
            Move::Work { which, how } => {
                if !self.work.is_empty() {
                    self.work_on(which % self.work.len(), how);
                }
            }
            Move::WorkWell { pieces } => {
                for _ in 0..pieces.min(self.work.len()) {
                    self.work_on(0, WELL);
                }
            }
            Move::Look => self.look(),
            Move::Poll { behind } => self.poll(behind),
            Move::Tick { after } => self.tick(after),
            Move::TickWhenDue => {
                let due = self.account.next_tick().unwrap_or(self.now);
                self.tick(due.saturating_sub(self.now).min(100_000));
            }
            Move::Abandon { which } => {
                if let Some(id) = self.nth(which, |world, id| {
                    world.known[&id].is_open && world.known[&id].is_waited_for
                }) {
                    self.known.get_mut(&id).unwrap().is_waited_for = false;
                    self.tell(id, IntentEvent::Abandoned);
                }
            }
            Move::Await { which } => {
                if let Some(id) = self.nth(which, |world, id| !world.known[&id].is_forgotten) {
                    let known = self.known.get_mut(&id).unwrap();
                    known.is_waited_for = true;
                    known.is_open = true;
                    self.tell(id, IntentEvent::Awaited);
                }
            }
            Move::Interrupt { done } => {
                self.break_off(done);
                self.feed(Event::Interrupted);
            }
            Move::Restart { done } => {
                self.break_off(done);
                self.restart();
            }
            Move::Mine { most } => self.net.mine(most),
            Move::Reorganise { depth, lost, most } => self.net.reorganise(depth, lost, most),
            Move::Foreign { max_fee } => self.net.send_foreign(max_fee),
            Move::Rival => self.net.send_rival(),
            Move::Drop { which } => self.net.drop_from_pool(which),
            Move::Resurface { which } => self.net.resurface(which),
            Move::Deliver { which } => self.net.deliver(which),
            Move::Market { min_fee } => self.net.min_fee = min_fee,
        }
        self.check_not_sent();
    }

    fn nth(&self, which: usize, is_one: impl Fn(&Self, IntentId) -> bool) -> Option<IntentId> {
        let ids: Vec<IntentId> = self.known.keys().copied().collect();
        let of_these: Vec<IntentId> = ids.into_iter().filter(|id| is_one(self, *id)).collect();
        (!of_these.is_empty()).then(|| of_these[which % of_these.len()])
    }

    /// The head is looked at, and nobody has heard of it yet.
    fn look(&mut self) {
        let new = self.net.chain.clone();
        let seen = &self.view.blocks;
        self.has_reorganised |= !new.blocks.starts_with(seen);
        self.view = new;
    }

    /// A block is noticed: what went, what came, and how many are mined.
    pub(crate) fn poll(&mut self, behind: usize) {
        self.look();
        if std::mem::take(&mut self.has_reorganised) {
            self.feed(Event::Reorganised);
        }
        self.told = self.view.clone();
        let number = self.told.head();
        let mined = self.told.behind(behind).mined();
        self.feed(Event::Head { number });
        if self.account.is_watching() {
            self.feed(Event::Counted {
                mined,
                pending: None,
            });
        }
    }

    /// What is under way may have been done, and nobody hears of it.
    fn break_off(&mut self, done: u8) {
        let mut journal_stops = false;
        for (place, work) in std::mem::take(&mut self.work).into_iter().enumerate() {
            let is_done = done & (1 << (place % 8)) != 0;
            match work {
                Work::Offer { hash, .. } if is_done => self.net.on_the_wire.push(self.txs[&hash]),
                Work::Store { .. } | Work::Withdraw { .. } | Work::Settle { .. } => {
                    journal_stops |= !is_done;
                    if !journal_stops {
                        self.write(work);
                    }
                }
                _ => {}
            }
        }
    }

    fn write(&mut self, work: Work) {
        match work {
            Work::Store { id, entry, .. } => self.store(id, entry),
            Work::Settle { id } => {
                if let Some(entry) = self.journal.get_mut(&id) {
                    entry.is_settled = true;
                }
            }
            Work::Withdraw { id } => {
                self.journal.remove(&id);
            }
            _ => {}
        }
    }

    fn store(&mut self, id: IntentId, entry: usize) {
        self.journal.insert(id, self.entries[entry].clone());
    }

    pub(crate) fn work_on(&mut self, which: usize, how: u8) {
        let work = self.work[which];
        // The journal writes in the order that it was asked.
        let is_journal = |work: &Work| {
            matches!(
                work,
                Work::Store { .. } | Work::Withdraw { .. } | Work::Settle { .. }
            )
        };
        if is_journal(&work) && self.work[..which].iter().any(is_journal) {
            return;
        }
        match work {
            Work::Count { due } if due > self.now => {
                // Only this: the journal's work stays in its order.
                let count = self.work.remove(which);
                self.work.push(count);
                return;
            }
            _ => self.work.remove(which),
        };
        match work {
            Work::Sign { id, nonce, fees } => self.sign(id, nonce, fees, how),
            Work::Store { id, hash, entry } => {
                // The answer may get lost, too.
                if how < 240 || how.is_multiple_of(2) {
                    self.store(id, entry);
                }
                if how < 240 {
                    let known = self.known.get_mut(&id).unwrap();
                    if known.signed.iter().any(|version| version.hash == hash) {
                        known.stored.insert(hash);
                    }
                    self.tell(id, IntentEvent::Stored { hash });
                } else {
                    let known = self.known.get_mut(&id).unwrap();
                    let is_out = known.offered.contains(&hash);
                    known
                        .signed
                        .retain(|version| is_out || version.hash != hash);
                    self.tell(id, IntentEvent::StoringFailed { hash });
                }
            }
            Work::Offer { id, hash } => self.offer(id, hash, how),
            Work::Price { id, than } => {
                let market = fees(self.net.min_fee, 1);
                let fees = (how < 200).then(|| than.replaced_by(market));
                self.tell(id, IntentEvent::Priced { fees });
            }
            Work::FindReceipt { id } => {
                let found = self.known[&id]
                    .signed
                    .iter()
                    .find_map(|version| Some((version.hash, self.view.block_of(version.hash)?)));
                let event = match found {
                    Some((hash, block)) if how < 200 => IntentEvent::Included { hash, block },
                    _ => IntentEvent::Missing,
                };
                self.tell(id, event);
            }
            Work::FindUser { id, nonce } => {
                let by = self.view.final_at(nonce).copied();
                if let Some(tx) = by.filter(|tx| tx.owner != Some(id) && how < 240) {
                    let by = (how < 120).then_some(tx.hash);
                    self.tell(id, IntentEvent::Overtaken { nonce, by });
                }
            }
            Work::Settle { .. } => self.write(work),
            Work::Withdraw { id } => {
                self.write(work);
                self.tell(id, IntentEvent::Withdrawn);
            }
            Work::Count { .. } => {
                let event = match how {
                    0..160 => Event::Counted {
                        mined: self.net.chain.mined(),
                        pending: Some(self.net.pending()),
                    },
                    160..220 => {
                        let mined = self.net.chain.behind(usize::from(how % 3) + 1).mined();
                        Event::Counted {
                            mined,
                            pending: (how.is_multiple_of(2)).then_some(mined),
                        }
                    }
                    _ => Event::NotCounted,
                };
                self.feed(event);
            }
            // A filler that could not be prepared is tried again later.
            Work::Fill if how < 200 => {
                self.want(1, 10.max(self.net.min_fee), None);
            }
            Work::Fill => {}
        }
    }

    fn sign(&mut self, id: IntentId, nonce: u64, fees_asked: Option<Fees>, how: u8) {
        if how >= 225 {
            self.tell(id, IntentEvent::SigningFailed { nonce });
            return;
        }
        let known = self.known.get_mut(&id).unwrap();
        let fees = fees_asked.unwrap_or_else(|| fees(known.max_fee, 1));
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&id.0.to_be_bytes());
        hash[8..16].copy_from_slice(&nonce.to_be_bytes());
        let ceiling = fees.ceiling().to_string();
        hash[16..16 + ceiling.len()].copy_from_slice(ceiling.as_bytes());
        let hash = TxHash::new(hash);
        let version = Version { hash, fees };
        let tx = Tx {
            hash,
            nonce,
            fees,
            owner: Some(id),
        };
        self.txs.insert(hash, tx);
        self.tell(id, IntentEvent::Signed { nonce, version });
    }

    fn offer(&mut self, id: IntentId, hash: TxHash, how: u8) {
        let tx = self.txs[&hash];
        let mut retry_after = None;
        let meaning = match how {
            0..120 => self.net.arrive(tx),
            120..150 => {
                self.net.arrive(tx);
                Meaning::Unclear
            }
            150..170 => Meaning::Unclear,
            170..190 => {
                self.net.on_the_wire.push(tx);
                Meaning::Unclear
            }
            190..215 => {
                retry_after = (how.is_multiple_of(2)).then_some(2_000);
                Meaning::NotTaken
            }
            215..230 => Meaning::Refused,
            230..240 => Meaning::Underpriced,
            _ => {
                self.tell(id, IntentEvent::Withheld { hash });
                return;
            }
        };
        self.tell(
            id,
            IntentEvent::Answered {
                hash,
                meaning,
                retry_after,
            },
        );
    }

    /// No more faults: everything is done in order, and blocks come.
    pub(crate) fn settle_down(&mut self) {
        self.net.min_fee = 1;
        self.conclude_all();
        for _ in 0..40 {
            self.round(5_000);
        }
        self.conclude_all();
        let before = (self.offers, self.fills, self.counts);
        for _ in 0..20 {
            self.round(5_000);
        }
        assert_eq!(
            (self.offers, self.fills, self.counts),
            before,
            "I4: nobody waits, and it goes on"
        );
        self.check_holes();
        // Whatever is left over is in nobody's way.
        let last = self.want(1, 10, Some(self.net.pending()));
        self.conclude_all();
        assert!(self.known[&last].was_settled, "I4: the account is stuck");
        // Only now it may have learned that other programs' transactions below are gone.
        for _ in 0..20 {
            self.round(5_000);
        }
        let queued = self.net.pool.iter().find(|tx| tx.owner.is_some());
        assert!(queued.is_none(), "I2: {queued:?} is left behind");
    }

    fn conclude_all(&mut self) {
        let owed = |world: &Self| world.known.values().filter(|known| known.is_open).count();
        let mut rounds = 0;
        while owed(self) > 0 {
            self.round(1_000);
            rounds += 1;
            let open = self.known.iter().filter(|(_, known)| known.is_open);
            let open: Vec<_> = open.map(|(id, known)| (id, known.nonce)).collect();
            assert!(
                rounds < 400,
                "I4: verdicts are owed: {open:?}; under way: {:?}; {} mined; pool: {:?}",
                self.work,
                self.net.chain.mined(),
                self.net.pool,
            );
        }
    }

    fn round(&mut self, time: u64) {
        while !self.net.on_the_wire.is_empty() {
            self.net.deliver(0);
        }
        for _ in 0..self.work.len() * 2 {
            if !self.work.is_empty() {
                self.work_on(0, WELL);
            }
        }
        self.net.mine(8);
        self.poll(0);
        self.tick(time);
        self.check_not_sent();
    }

    /// I2: nothing is queued above a nonce that the account could have filled. For what nodes refuse
    /// and nobody waits for, it sends nothing: it goes as soon as the nonce below is wanted.
    fn check_holes(&self) {
        let pending = self.net.pending();
        let is_known = self
            .known
            .values()
            .any(|known| known.nonce == Some(pending) && !known.is_forgotten);
        // Another program's, or an earlier process's that was done: nobody here can know that it is
        // gone until somebody waits.
        let was_others = |tx: &Tx| {
            let owner = tx.owner.map(|id| &self.known[&id]);
            tx.nonce == pending && owner.is_none_or(|owner| owner.was_settled && owner.is_forgotten)
        };
        if !is_known && !self.net.arrived.iter().any(was_others) {
            let is_worth_it = |tx: &&Tx| {
                let owner = tx.owner.and_then(|id| self.known.get(&id));
                owner.is_some_and(|known| known.is_waited_for || !known.was_refused)
            };
            let mut pool = self.net.pool.iter().filter(is_worth_it);
            let queued = pool.find(|tx| tx.nonce > pending);
            assert!(queued.is_none(), "I2: {queued:?} waits for {pending}");
        }
    }
}
