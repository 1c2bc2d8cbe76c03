//! The EVM program that performs many reads on the node.
//!
//! Its input is two words, the room for its answer in bytes and the gas that it keeps back to give
//! that answer, and then the reads: each its gas limit (4 bytes), its contract (20), the length of its
//! call data (4), and the call data.
//!
//! Its answer is one word about itself and one with the parent's hash, and then what each read gave:
//! a word of 8 bytes (1 bit: success, 31 bits: gas used, 32 bits: length) and so many bytes. The word
//! about itself is a magic number, how many reads it performed and how long the answer is (4 bytes each),
//! and in the last 8 bytes the number of the block that it ran in. Not its time: calls at the head see
//! the next block's on some nodes.
//!
//! It stops before a read for which it has too little gas left, and after one whose answer has no room:
//! what it did not get to is asked for again. So no read can spoil another, whatever it costs.
//!
//! It runs on every EVM since Constantinople.

use super::header::Mark;
use crate::rpc::Way;
use ogpu_types::Hash32;

use super::asm::{self, Part, Part::*, load, op::*, store};

/// "ogpR". Deployed code may begin with it: only 0xEF is kept for other uses.
const MAGIC: u32 = 0x6f67_7052;

/// Bytes of an answer before the first read's.
pub(super) const HEADER: usize = 64;
/// Bytes before what each read gave.
pub(super) const RECORD_HEADER: usize = 8;
/// Bytes before each read's call data.
pub(super) const READ_HEADER: usize = 28;

// The program's variables, each a word of memory.
const IN: u32 = 0x00;
const OUT: u32 = 0x20;
const COUNT: u32 = 0x40;
const ANSWER: u32 = 0x60;
/// The input, which begins with two more variables; behind it comes the answer.
const ROOM: u32 = 0x80;
const RESERVE: u32 = 0xa0;
const READS: u32 = 0xc0;

const LOOP: Part = Label("loop");
const DONE: Part = Label("done");

/// The program in the form that a way takes.
pub(super) fn program(way: Way) -> Vec<u8> {
    let (input, end) = match way {
        Way::Override => (CALLED, Op(RETURN)),
        Way::Creation => (CREATED, Op(RETURN)),
        Way::Reverting => (CREATED, Op(REVERT)),
    };
    let body = [
        input.to_vec(),
        begin(),
        check_input(),
        check_gas(),
        call(),
        check_room(),
        record(),
        advance(),
        finish(),
        vec![end],
    ];
    asm::assemble(&body.concat())
}

/// Copies the call data to memory, and leaves its length: `-- length`.
const CALLED: &[Part] = &[
    Op(CALLDATASIZE),
    Op(DUP1),
    Push(0),
    Push(ROOM),
    Op(CALLDATACOPY),
];

/// Copies what follows the program to memory, and leaves its length: `-- length`.
const CREATED: &[Part] = &[
    PushLength,
    Op(CODESIZE),
    Op(SUB),
    Op(DUP1),
    PushLength,
    Push(ROOM),
    Op(CODECOPY),
];

/// `length --`
fn begin() -> Vec<Part> {
    [
        &[Push(ROOM), Op(ADD)][..],
        &store(ANSWER),
        &[Push(READS)],
        &store(IN),
        &load(ANSWER),
        &[Push(64), Op(ADD)],
        &store(OUT),
    ]
    .concat()
}

/// Ends after the last read.
fn check_input() -> Vec<Part> {
    [
        &[LOOP][..],
        &load(ANSWER),
        &load(IN),
        &[Op(LT), Op(ISZERO), PushLabel("done"), Op(JUMPI)],
    ]
    .concat()
}

/// Reads a read's first word, and ends unless there is gas for it, for the 64th part that a caller
/// keeps, and for the answer: `-- word limit`.
fn check_gas() -> Vec<Part> {
    [
        &load(IN)[..],
        &[Op(MLOAD), Op(DUP1), Push(224), Op(SHR)],
        &[Op(DUP1), Op(DUP1), Push(5), Op(SHR), Op(ADD)],
        &load(RESERVE),
        &[Op(ADD), Op(GAS), Op(LT), PushLabel("done"), Op(JUMPI)],
    ]
    .concat()
}

/// `word limit -- word limit success used`
fn call() -> Vec<Part> {
    [
        // The answer is not copied yet: its length is not known.
        &[Op(GAS), Push(0), Push(0)][..],
        &[Op(DUP5)],
        LENGTH,
        &load(IN),
        &[Push(28), Op(ADD)],
        // What stands above the address's 20 bytes does not count.
        &[Op(DUP7), Push(64), Op(SHR)],
        &[Op(DUP7), Op(STATICCALL)],
        &[Op(SWAP1), Op(GAS), Op(SWAP1), Op(SUB)],
    ]
    .concat()
}

/// The length of the call data: `word -- length`.
const LENGTH: &[Part] = &[Push(32), Op(SHR), Push(u32::MAX), Op(AND)];

/// The place behind the last call's answer: `-- place`.
fn next_out() -> Vec<Part> {
    [
        &load(OUT)[..],
        &[Push(8), Op(ADD), Op(RETURNDATASIZE), Op(ADD)],
    ]
    .concat()
}

/// Ends if the answer has no room.
fn check_room() -> Vec<Part> {
    [
        &load(ANSWER)[..],
        &load(ROOM),
        &[Op(ADD)],
        &next_out(),
        &[Op(GT), PushLabel("done"), Op(JUMPI)],
    ]
    .concat()
}

/// `word limit success used -- word limit`
fn record() -> Vec<Part> {
    [
        &[Push(32), Op(SHL), Op(SWAP1), Push(63), Op(SHL), Op(OR)][..],
        &[Op(RETURNDATASIZE), Op(OR), Push(192), Op(SHL)],
        &load(OUT),
        &[Op(MSTORE)],
        &[Op(RETURNDATASIZE), Push(0)],
        &load(OUT),
        &[Push(8), Op(ADD), Op(RETURNDATACOPY)],
    ]
    .concat()
}

/// Goes to the next read: `word limit --`.
fn advance() -> Vec<Part> {
    [
        &next_out()[..],
        &store(OUT),
        &load(COUNT),
        &[Push(1), Op(ADD)],
        &store(COUNT),
        &[Op(POP)],
        LENGTH,
        &load(IN),
        &[Op(ADD), Push(28), Op(ADD)],
        &store(IN),
        &[PushLabel("loop"), Op(JUMP)],
    ]
    .concat()
}

/// Writes the answer's first two words, and leaves where it is: `-- length place`.
fn finish() -> Vec<Part> {
    let length = || [&load(ANSWER)[..], &load(OUT), &[Op(SUB)]].concat();
    [
        &[DONE, Push(MAGIC), Push(224), Op(SHL)][..],
        &load(COUNT),
        &[Push(192), Op(SHL), Op(OR)],
        &length(),
        &[Push(160), Op(SHL), Op(OR)],
        &[Op(NUMBER), Op(OR)],
        &load(ANSWER),
        &[Op(MSTORE)],
        &[Push(1), Op(NUMBER), Op(SUB), Op(BLOCKHASH)],
        &load(ANSWER),
        &[Push(32), Op(ADD), Op(MSTORE)],
        &length(),
        &load(ANSWER),
    ]
    .concat()
}

/// What the program answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Performed<'a> {
    pub(super) mark: Mark,
    pub(super) records: Vec<Record<'a>>,
}

/// What one read gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) is_success: bool,
    pub(super) gas_used: u64,
    pub(super) data: &'a [u8],
}

/// Reads the program's answer; `None` when it is anything else, or not whole.
pub(super) fn read_answer(answer: &[u8]) -> Option<Performed<'_>> {
    let (header, mut rest) = answer.split_at_checked(HEADER)?;
    let u32_at = |at: usize| Some(u32::from_be_bytes(*header.get(at..)?.first_chunk()?));
    let u64_at = |at: usize| Some(u64::from_be_bytes(*header.get(at..)?.first_chunk()?));
    if u32_at(0)? != MAGIC || usize::try_from(u32_at(8)?) != Ok(answer.len()) {
        return None;
    }
    let mut records = Vec::new();
    while let Some((word, data)) = rest.split_first_chunk() {
        let word = u64::from_be_bytes(*word);
        let length = usize::try_from(word & u64::from(u32::MAX)).ok()?;
        let (data, behind) = data.split_at_checked(length)?;
        records.push(Record {
            is_success: word >> 63 == 1,
            gas_used: (word >> 32) & (u64::from(u32::MAX) >> 1),
            data,
        });
        rest = behind;
    }
    let is_whole = rest.is_empty() && usize::try_from(u32_at(4)?) == Ok(records.len());
    is_whole.then_some(Performed {
        mark: Mark {
            number: u64_at(24)?,
            parent: Hash32::new(*header[32..].first_chunk()?),
        },
        records,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer with what was given for each read.
    fn answer(reads: &[(bool, u32, &[u8])]) -> Vec<u8> {
        let mut answer = Vec::new();
        answer.extend(MAGIC.to_be_bytes());
        answer.extend(u32::try_from(reads.len()).unwrap().to_be_bytes());
        answer.extend([0; 16]);
        answer.extend(7_u64.to_be_bytes());
        answer.extend([0xaa; 32]);
        for (is_success, gas, data) in reads {
            let gas = u32::from(*is_success) << 31 | gas;
            answer.extend(gas.to_be_bytes());
            answer.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
            answer.extend(*data);
        }
        let length = u32::try_from(answer.len()).unwrap();
        answer[8..12].copy_from_slice(&length.to_be_bytes());
        answer
    }

    #[test]
    fn an_answer_tells_its_block_and_what_each_read_gave() {
        let answer = answer(&[(true, 100, &[1, 2, 3]), (false, 5, &[])]);
        let performed = read_answer(&answer).unwrap();
        assert_eq!(
            performed.mark,
            Mark {
                number: 7,
                parent: Hash32::new([0xaa; 32]),
            }
        );
        let record = |is_success, gas_used, data| Record {
            is_success,
            gas_used,
            data,
        };
        assert_eq!(
            performed.records,
            [record(true, 100, &[1, 2, 3][..]), record(false, 5, &[])]
        );
    }

    #[test]
    fn an_answer_that_is_cut_or_another_is_none() {
        let whole = answer(&[(true, 100, &[1; 40]), (true, 5, &[2; 8])]);
        for length in 0..whole.len() {
            assert_eq!(read_answer(&whole[..length]), None, "{length} bytes");
        }
        let mut longer = whole.clone();
        longer.push(0);
        assert_eq!(read_answer(&longer), None);
        let mut other = whole;
        other[0] = 0xef;
        assert_eq!(read_answer(&other), None);
        assert_eq!(read_answer(&[0; 96]), None);
    }

    #[test]
    fn the_program_is_short_and_uses_no_instruction_of_its_own() {
        for way in Way::ALL {
            let program = program(way);
            assert!(program.len() < 256, "{way:?}: {}", program.len());
            assert!(!program.contains(&0xef));
        }
    }
}
