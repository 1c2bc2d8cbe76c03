//! Reading files that may hold keys.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use zeroize::Zeroizing;

/// The content of a file that may hold keys, of at most `limit` bytes. It is in memory once, and
/// wiped there when dropped: no buffer grows and leaves a copy behind.
///
/// # Errors
///
/// As of [`File::open`] and [`Read::read`]; [`io::ErrorKind::FileTooLarge`] beyond the limit.
pub fn read_wiped(path: &Path, limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut file = File::open(path)?;
    let mut content = Zeroizing::new(vec![0; limit + 1]);
    let mut length = 0;
    while length < content.len() {
        match file.read(&mut content[length..]) {
            Ok(0) => {
                content.truncate(length);
                return Ok(content);
            }
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::FileTooLarge.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_up_to_its_limit() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "12345").unwrap();
        assert_eq!(read_wiped(file.path(), 5).unwrap().as_slice(), b"12345");
        let error = read_wiped(file.path(), 4).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }
}
