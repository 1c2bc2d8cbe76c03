//! An assembler of EVM programs, as far as one program needs it.

/// The EVM's instructions that are used, by the names of the yellow paper.
pub(super) mod op {
    pub(crate) const ADD: u8 = 0x01;
    pub(crate) const SUB: u8 = 0x03;
    pub(crate) const LT: u8 = 0x10;
    pub(crate) const GT: u8 = 0x11;
    pub(crate) const ISZERO: u8 = 0x15;
    pub(crate) const AND: u8 = 0x16;
    pub(crate) const OR: u8 = 0x17;
    pub(crate) const SHL: u8 = 0x1b;
    pub(crate) const SHR: u8 = 0x1c;
    pub(crate) const CALLDATASIZE: u8 = 0x36;
    pub(crate) const CALLDATACOPY: u8 = 0x37;
    pub(crate) const CODESIZE: u8 = 0x38;
    pub(crate) const CODECOPY: u8 = 0x39;
    pub(crate) const RETURNDATASIZE: u8 = 0x3d;
    pub(crate) const RETURNDATACOPY: u8 = 0x3e;
    pub(crate) const BLOCKHASH: u8 = 0x40;
    pub(crate) const NUMBER: u8 = 0x43;
    pub(crate) const POP: u8 = 0x50;
    pub(crate) const MLOAD: u8 = 0x51;
    pub(crate) const MSTORE: u8 = 0x52;
    pub(crate) const JUMP: u8 = 0x56;
    pub(crate) const JUMPI: u8 = 0x57;
    pub(crate) const GAS: u8 = 0x5a;
    pub(crate) const DUP1: u8 = 0x80;
    pub(crate) const DUP5: u8 = 0x84;
    pub(crate) const DUP7: u8 = 0x86;
    pub(crate) const SWAP1: u8 = 0x90;
    pub(crate) const RETURN: u8 = 0xf3;
    pub(crate) const STATICCALL: u8 = 0xfa;
    pub(crate) const REVERT: u8 = 0xfd;
}

const JUMPDEST: u8 = 0x5b;
const PUSH1: u8 = 0x60;
const PUSH2: u8 = 0x61;

/// A piece of a program.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// An instruction without an operand.
    Op(u8),
    /// Pushes a number.
    Push(u32),
    /// A place that is jumped to.
    Label(&'static str),
    /// Pushes that place.
    PushLabel(&'static str),
    /// Pushes the whole program's length.
    PushLength,
}

/// Pushes a variable's value.
pub(super) const fn load(variable: u32) -> [Part; 2] {
    [Part::Push(variable), Part::Op(op::MLOAD)]
}

/// Pops a variable's value.
pub(super) const fn store(variable: u32) -> [Part; 2] {
    [Part::Push(variable), Part::Op(op::MSTORE)]
}

/// The program's bytes.
pub(super) fn assemble(parts: &[Part]) -> Vec<u8> {
    let length: usize = parts.iter().map(size).sum();
    let place_of = |name: &str| -> usize {
        let before = parts
            .iter()
            .take_while(|part| !matches!(part, Part::Label(label) if *label == name));
        before.map(size).sum()
    };
    let mut code = Vec::with_capacity(length);
    for part in parts {
        match *part {
            Part::Op(op) => code.push(op),
            Part::Label(_) => code.push(JUMPDEST),
            Part::Push(value) => {
                let operand = operand(value);
                let shortest = PUSH1 - 1;
                code.extend((shortest..).zip(0..=operand.len()).last().map(|(op, _)| op));
                code.extend(operand);
            }
            Part::PushLabel(name) => push_place(&mut code, place_of(name)),
            Part::PushLength => push_place(&mut code, length),
        }
    }
    code
}

fn push_place(code: &mut Vec<u8>, place: usize) {
    let place = u16::try_from(place).expect("the program is far shorter than 64 KiB");
    code.push(PUSH2);
    code.extend(place.to_be_bytes());
}

/// A number without leading zeros, but at least one byte: there is no push of none everywhere.
fn operand(value: u32) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let zeros = bytes.iter().take(3).take_while(|byte| **byte == 0).count();
    bytes[zeros..].to_vec()
}

fn size(part: &Part) -> usize {
    match part {
        Part::Op(_) | Part::Label(_) => 1,
        Part::Push(value) => 1 + operand(*value).len(),
        Part::PushLabel(_) | Part::PushLength => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushes_are_as_short_as_they_can_be_and_labels_are_places() {
        let code = assemble(&[
            Part::Push(0),
            Part::Push(0x0102),
            Part::PushLabel("end"),
            Part::Op(op::JUMP),
            Part::PushLength,
            Part::Label("end"),
            Part::Push(u32::MAX),
        ]);
        let expected = [
            &[0x60, 0x00][..],
            &[0x61, 0x01, 0x02],
            &[0x61, 0x00, 0x0c, 0x56],
            &[0x61, 0x00, 0x12],
            &[0x5b],
            &[0x63, 0xff, 0xff, 0xff, 0xff],
        ]
        .concat();
        assert_eq!(code, expected);
    }
}
