//! The core against a model of a chain that knows everything.

use std::{num::NonZeroU64, sync::Arc};

use ogpu_contracts::protocol_event::Emitters;
use ogpu_types::{Address, ChainId, EventContract, Hash32, HexBytes, Log, LoggedEvent};
use proptest::{collection, prelude::*};

use super::{
    block::{Block, Mark},
    cursor::{Cursor, Origin},
    step::{Bounds, Step, next_step},
    view::{Item, View},
    window::{AGAIN, Detached, Window},
};

const EMITTERS: Emitters = Emitters {
    nexus: Address::new([1; 20]),
    terminal: Address::new([2; 20]),
    vault: Address::new([3; 20]),
};

fn origin() -> Arc<Origin> {
    Arc::new(Origin {
        chain: ChainId::new(1),
        emitters: EMITTERS,
    })
}

/// A chain whose every block has a hash of its own.
struct Chain {
    blocks: Vec<Block>,
    made: u64,
}

impl Chain {
    fn new() -> Self {
        let mut chain = Self {
            blocks: Vec::new(),
            made: 0,
        };
        chain.mine(0);
        chain
    }

    fn mine(&mut self, events: u8) {
        self.made += 1;
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&self.made.to_be_bytes());
        let mark = Mark {
            number: self.blocks.len() as u64,
            hash: Hash32::new(hash),
        };
        let parent = self
            .blocks
            .last()
            .map_or(Hash32::new([0xff; 32]), |b| b.mark.hash);
        let event = |index: u8| {
            let log = Log::new(
                EMITTERS.vault,
                vec![Hash32::new([index; 32])],
                HexBytes::from(vec![index; 5]),
                mark.number,
                mark.hash,
                Hash32::new(hash),
                index.into(),
            );
            Arc::new(LoggedEvent::new(EventContract::Vault, None, log))
        };
        self.blocks.push(Block {
            mark,
            parent,
            timestamp: 0,
            events: (0..events).map(event).collect(),
        });
    }

    fn reorg(&mut self, depth: usize, events: &[u8]) {
        // The first blocks stay, as nobody is told of a chain that begins anew.
        let depth = depth.min(self.blocks.len() - 1);
        self.blocks.truncate(self.blocks.len() - depth);
        for events in events.iter().cycle().take(depth) {
            self.mine(*events);
        }
        self.mine(1);
    }

    fn events(&self, from: u64, to: u64) -> Vec<Arc<LoggedEvent>> {
        let blocks = self.blocks.iter();
        blocks
            .filter(|block| (from..=to).contains(&block.mark.number))
            .flat_map(|block| block.events.clone())
            .collect()
    }

    fn has(&self, mark: Mark) -> bool {
        let number = usize::try_from(mark.number).unwrap();
        self.blocks
            .get(number)
            .is_some_and(|block| block.mark == mark)
    }

    /// What the hub does with a head `behind` blocks below the chain's own; of the last `unseen`
    /// blocks the logs after the first are missing.
    fn look(&self, window: Option<Window>, behind: usize, unseen: usize) -> Window {
        let head = self.blocks.len() - 1 - behind.min(self.blocks.len() - 1);
        let oldest = Window::oldest(head as u64);
        let segment = |from: u64| {
            let mut blocks = self.blocks[usize::try_from(from).unwrap()..=head].to_vec();
            let whole = blocks.len().saturating_sub(unseen);
            for block in &mut blocks[whole..] {
                block.events.truncate(1);
            }
            blocks
        };
        let Some(window) = window else {
            return Window::new(segment(oldest)).unwrap();
        };
        let mut from = window.continued_from(head as u64);
        while let Some(start) = from {
            match window.extended(segment(start)) {
                Ok(next) => return next.unwrap_or(window),
                Err(Detached) => {
                    from = (start > oldest).then(|| start.saturating_sub(4).max(oldest))
                }
            }
        }
        window.rebuilt(segment(oldest)).unwrap()
    }
}

/// Somebody who keeps what was added, and lets go of what was removed.
struct Watcher {
    view: View,
    corrections: usize,
    bounds: Bounds,
    has: Vec<Arc<LoggedEvent>>,
    cursor: Cursor,
}

impl Watcher {
    fn new(from: u64, confirmations: u64) -> Self {
        let view = View::new(origin(), from);
        Self {
            cursor: view.cursor(),
            view,
            corrections: 0,
            bounds: Bounds {
                to: None,
                confirmations: NonZeroU64::new(confirmations).unwrap(),
            },
            has: Vec::new(),
        }
    }

    fn take(&mut self, item: Item) {
        if item.is_added {
            self.has.push(item.event);
        } else {
            assert_eq!(
                self.has.pop(),
                Some(item.event),
                "the last is removed first"
            );
        }
        self.cursor = item.cursor;
    }

    /// Takes at most so many items.
    fn follow(&mut self, chain: &Chain, window: &Window, mut most: usize) {
        let is_canonical = |mark| window.has(mark).unwrap_or_else(|| chain.has(mark));
        while most > 0 {
            if let Some(item) = self.view.next_item() {
                self.take(item);
                most -= 1;
                continue;
            }
            if let Some(lowest) = window.corrected_since(self.corrections) {
                self.corrections = window.corrections();
                self.view.look_again(lowest);
                continue;
            }
            match next_step(&self.view, window, self.bounds) {
                Step::Deliver(block) => self.view.deliver(block.mark, &block.events),
                Step::Read(range) => {
                    let (start, end) = (*range.start(), *range.end());
                    let first = &chain.blocks[usize::try_from(start).unwrap()];
                    let is_known =
                        !self.view.is_unlinked() || self.view.marks().into_iter().all(is_canonical);
                    if !is_known || !self.view.is_followed_by(first.parent) {
                        self.view.go_back(is_canonical).unwrap();
                        continue;
                    }
                    let end = end.min(start + 6);
                    for number in start..=end {
                        let block = &chain.blocks[usize::try_from(number).unwrap()];
                        if !block.events.is_empty() {
                            self.view.deliver(block.mark, &block.events);
                        }
                        if number == end {
                            self.view.pass(block.mark);
                        }
                    }
                }
                Step::GoBack => self.view.go_back(is_canonical).unwrap(),
                Step::Wait => {
                    self.cursor = self.view.cursor();
                    return;
                }
                Step::End => return,
            }
        }
    }

    /// Comes back in another process: nothing is left but the text of the last cursor.
    fn restart(&mut self, chain: &Chain, window: &Window) {
        let cursor: Cursor = self.cursor.to_string().parse().unwrap();
        assert_eq!(cursor, self.cursor);
        self.view = View::resumed(&cursor);
        self.corrections = window.corrections();
        let is_canonical = |mark| window.has(mark).unwrap_or_else(|| chain.has(mark));
        if self.view.marks().into_iter().all(is_canonical) {
            let recent = self.view.next().saturating_sub(AGAIN);
            self.view.look_again(recent);
        } else {
            self.view.go_back(is_canonical).unwrap();
        }
    }
}

#[derive(Clone, Debug)]
enum Op {
    Mine(Vec<u8>),
    Reorg(usize, Vec<u8>),
    Look { behind: usize, unseen: usize },
    Follow(usize),
    Restart,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => collection::vec(0_u8..4, 1..6).prop_map(Op::Mine),
        1 => collection::vec(0_u8..3, 50..150).prop_map(Op::Mine),
        2 => (1_usize..6, collection::vec(0_u8..4, 1..6)).prop_map(|(d, e)| Op::Reorg(d, e)),
        6 => (0_usize..3, 0_usize..3).prop_map(|(behind, unseen)| Op::Look {
            behind: behind.saturating_sub(1),
            unseen: unseen.saturating_sub(1),
        }),
        4 => (1_usize..20).prop_map(Op::Follow),
        2 => Just(Op::Restart),
    ]
}

proptest! {
    #[test]
    fn what_is_received_is_what_the_chain_has_once_each_and_in_order(
        ops in collection::vec(op(), 1..80),
        before in 0_usize..200,
        from in 0_u64..200,
        confirmations in 1_u64..5,
    ) {
        let mut chain = Chain::new();
        for n in 0..before {
            chain.mine(u8::try_from(n % 3).unwrap());
        }
        let mut window = chain.look(None, 0, 0);
        let mut watcher = Watcher::new(from.min(before as u64), confirmations);
        for op in ops {
            match op {
                Op::Mine(blocks) => blocks.iter().for_each(|events| chain.mine(*events)),
                Op::Reorg(depth, events) => chain.reorg(depth, &events),
                Op::Look { behind, unseen } => {
                    window = chain.look(Some(window), behind, unseen);
                }
                Op::Follow(most) => {
                    // What is read below the window is read from the chain that the window is of.
                    if window.tip() == chain.blocks.last().unwrap().mark {
                        watcher.follow(&chain, &window, most);
                    }
                }
                Op::Restart => watcher.restart(&chain, &window),
            }
        }
        window = chain.look(Some(window), 0, 0);
        watcher.follow(&chain, &window, usize::MAX);
        let told = (chain.blocks.len() as u64).checked_sub(confirmations);
        let expected = told.map_or_else(Vec::new, |last| chain.events(from.min(before as u64), last));
        prop_assert_eq!(watcher.has, expected);
    }

    #[test]
    fn any_text_is_a_cursor_or_an_error(text in ".{0,200}", bytes: Vec<u8>) {
        let _ = text.parse::<Cursor>();
        let _ = hex::encode(bytes).parse::<Cursor>();
    }
}

#[test]
fn a_reorganisation_of_more_blocks_than_are_remembered_is_an_error() {
    let mut chain = Chain::new();
    for _ in 0..200 {
        chain.mine(1);
    }
    let window = chain.look(None, 0, 0);
    let mut watcher = Watcher::new(0, 1);
    watcher.follow(&chain, &window, usize::MAX);
    chain.reorg(100, &[1]);
    let window = chain.look(None, 0, 0);
    let is_canonical = |mark| window.has(mark).unwrap_or_else(|| chain.has(mark));
    let error = watcher.view.go_back(is_canonical).unwrap_err();
    assert!((101..140).contains(&error.block), "{error:?}");
}

#[test]
fn a_cursor_is_small_and_a_damaged_one_is_refused() {
    let mut chain = Chain::new();
    for n in 0..100 {
        chain.mine(u8::from(n % 5 == 0));
    }
    let window = chain.look(None, 0, 0);
    let mut watcher = Watcher::new(0, 1);
    watcher.follow(&chain, &window, usize::MAX);
    let text = watcher.cursor.to_string();
    assert!(text.len() < 1_500, "{} digits", text.len());
    let json = serde_json::to_string(&watcher.cursor).unwrap();
    assert_eq!(
        serde_json::from_str::<Cursor>(&json).unwrap(),
        watcher.cursor
    );
    assert!(text[..text.len() - 2].parse::<Cursor>().is_err());
    let changed = text.replacen('7', "8", 1);
    assert!(changed.parse::<Cursor>().is_err());
    for _ in 0..200 {
        chain.mine(200);
    }
    let window = chain.look(None, 0, 0);
    watcher.follow(&chain, &window, usize::MAX);
    let text = watcher.cursor.to_string();
    assert!(text.len() < 132_000, "{} digits", text.len());
    assert_eq!(text.parse::<Cursor>().unwrap(), watcher.cursor);
}
