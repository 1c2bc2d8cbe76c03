//! The CID that `ipfs add` gives a file with its defaults.
//!
//! That is version 0: the SHA-256 of the root of a balanced tree of dag-pb nodes, whose leaves hold
//! the file in chunks, each wrapped in a UnixFS record.

use cid::Cid;
use cid::multihash::Multihash;
use sha2::{Digest, Sha256};

/// The most content in a leaf.
const CHUNK_BYTES: usize = 256 * 1024;
/// The most children of a node.
const LINKS_PER_NODE: usize = 174;

/// The multihash code of SHA-256.
const SHA2_256: u64 = 0x12;
/// The UnixFS type "file", which leaves and inner nodes of a file have alike.
const UNIXFS_FILE: u64 = 2;

/// The CID of a file with this content.
pub(super) fn of_file(content: &[u8]) -> Cid {
    let mut level: Vec<Node> = content.chunks(CHUNK_BYTES).map(Node::leaf).collect();
    while level.len() > 1 {
        level = level.chunks(LINKS_PER_NODE).map(Node::parent).collect();
    }
    level.pop().unwrap_or_else(|| Node::leaf(&[])).cid
}

/// What a node's parent must know of it.
struct Node {
    cid: Cid,
    /// The bytes of the file below this node.
    file_bytes: u64,
    /// The bytes of this node and of all below it, encoded.
    tree_bytes: u64,
}

impl Node {
    fn leaf(chunk: &[u8]) -> Self {
        let file_bytes = chunk.len() as u64;
        let mut unixfs = Message::default();
        unixfs.integer(1, UNIXFS_FILE);
        if !chunk.is_empty() {
            unixfs.bytes(2, chunk);
        }
        unixfs.integer(3, file_bytes);
        Self::new(Message::default(), &unixfs, file_bytes, 0)
    }

    fn parent(children: &[Self]) -> Self {
        let file_bytes = children.iter().map(|child| child.file_bytes).sum();
        let mut unixfs = Message::default();
        unixfs.integer(1, UNIXFS_FILE);
        unixfs.integer(3, file_bytes);
        let mut links = Message::default();
        for child in children {
            unixfs.integer(4, child.file_bytes);
            let mut link = Message::default();
            link.bytes(1, &child.cid.to_bytes());
            link.bytes(2, b"");
            link.integer(3, child.tree_bytes);
            links.bytes(2, &link.0);
        }
        let below = children.iter().map(|child| child.tree_bytes).sum();
        Self::new(links, &unixfs, file_bytes, below)
    }

    /// A dag-pb node: its links come before its data, though their field number is the higher.
    fn new(links: Message, unixfs: &Message, file_bytes: u64, bytes_below: u64) -> Self {
        let mut node = links;
        node.bytes(1, &unixfs.0);
        let hash = Multihash::wrap(SHA2_256, &Sha256::digest(&node.0))
            .expect("a multihash has room for 64 bytes and a SHA-256 has 32");
        Self {
            cid: Cid::new_v0(hash).expect("version 0 takes every SHA-256"),
            file_bytes,
            tree_bytes: bytes_below + node.0.len() as u64,
        }
    }
}

/// A protobuf message in the making.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn integer(&mut self, field: u64, value: u64) {
        self.varint(field << 3);
        self.varint(value);
    }

    fn bytes(&mut self, field: u64, value: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cid(content: &[u8]) -> String {
        of_file(content).to_string()
    }

    /// A content whose chunks all differ, so that their order shows.
    fn counting(length: usize) -> Vec<u8> {
        let mut content = Vec::with_capacity(length + 1024);
        for byte in (0..251).cycle() {
            if content.len() >= length {
                break;
            }
            content.resize(content.len() + 1024, byte);
        }
        content.truncate(length);
        content
    }

    #[test]
    fn files_of_one_chunk_have_their_known_cids() {
        assert_eq!(cid(b""), "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH");
        assert_eq!(
            cid(b"hello world\n"),
            "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o"
        );
    }

    #[test]
    fn files_of_zeros_have_their_known_cids() {
        for (mebibytes, expected) in [
            (1, "QmVkbauSDEaMP4Tkq6Epm9uW75mWm136n81YH8fGtfwdHU"),
            (10, "QmaJ6kN9fW3TKpVkpf1NuW7cjhHjNp5Jwr3cQuHzsoZWkJ"),
            (100, "Qmca3PNFKuZnYkiVv1FpcV1AfDUm4qCSHoYjPTBqDAsyk8"),
        ] {
            assert_eq!(cid(&vec![0; mebibytes << 20]), expected, "{mebibytes} MiB");
        }
    }

    /// The expected values are those of the JavaScript importer's profile `unixfs-v0-2015`.
    #[test]
    fn the_tree_grows_where_a_chunk_and_a_node_are_full() {
        for (length, expected) in [
            (
                CHUNK_BYTES,
                "QmXhwNK2somasNKX8fBAvBPaa7DPL6CTwkYnGc4zDCWJ46",
            ),
            (
                CHUNK_BYTES + 1,
                "QmYdNcxbHS8QiPKM4u8xSNaaghs31AiQrMmAXn26mbYHBX",
            ),
            (1_000_000, "QmZdHgbwEw1ws89ZK4eLwCgq1g12DyJ6TXGhFJBgPLCEo7"),
            (
                LINKS_PER_NODE * CHUNK_BYTES,
                "QmTTgEu7s5pym2t5WF6t6d1X8oCj8pGLrfoByVWJBdJa3P",
            ),
            (
                LINKS_PER_NODE * CHUNK_BYTES + 1,
                "QmTUuW3khCDKcfhxvXGNDhWjyJ4cxq9oKG7sVXHSu34Lgc",
            ),
        ] {
            assert_eq!(cid(&counting(length)), expected, "{length} bytes");
        }
    }
}
