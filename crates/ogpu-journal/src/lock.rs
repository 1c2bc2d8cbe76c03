//! File locks beside the database: the system frees them when their holder dies.
//!
//! The files are never deleted: whoever waits for, or holds, the lock on a file that has no name any
//! longer would exclude nobody who comes later.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

use ogpu_client::{Address, ChainId};

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Drop for Lock {
    /// Closing the file is not enough: a process that is being started has copies of all open files
    /// until it becomes another program, and the lock would last as long as its copy.
    fn drop(&mut self) {
        // If that fails, closing still frees it in the end.
        let _ = self.0.unlock();
    }
}

/// The directory of the lock files.
#[derive(Debug)]
pub(crate) struct Locks {
    directory: PathBuf,
}

impl Locks {
    /// The locks beside this database.
    pub(crate) fn beside(database: &Path) -> io::Result<Self> {
        let mut name = database.as_os_str().to_owned();
        name.push(".locks");
        let directory = PathBuf::from(name);
        match private_directory().create(&directory) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && directory.is_dir() => {}
            made => made?,
        }
        Ok(Self { directory })
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Waits for the lock under which a database is made and opened: milliseconds of work.
    pub(crate) fn opening(&self) -> io::Result<Lock> {
        let file = self.file("opening")?;
        file.lock()?;
        Ok(Lock(file))
    }

    /// One account's lock, or `None` when somebody holds it.
    pub(crate) fn account(&self, chain: ChainId, account: Address) -> io::Result<Option<Lock>> {
        let account = account.to_string().to_ascii_lowercase();
        let file = self.file(&format!("{}-{account}", chain.get()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn file(&self, name: &str) -> io::Result<File> {
        private_file()
            .create(true)
            .truncate(false)
            .open(self.directory.join(name))
    }
}

/// Makes a new, empty file for its owner alone; leaves one that exists as it is.
///
/// It never opens a file that exists: closing it would free the locks that SQLite has on it in this
/// process.
pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    match private_file().create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

/// The file's permissions, if others than the owner have any.
#[cfg(unix)]
pub(crate) fn exposure(path: &Path) -> io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode() & 0o777;
    Ok((mode & 0o077 != 0).then_some(mode))
}

/// Elsewhere the directory decides who may read its files.
#[cfg(not(unix))]
pub(crate) fn exposure(path: &Path) -> io::Result<Option<u32>> {
    fs::metadata(path).map(|_| None)
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn private_directory() -> DirBuilder {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "the mode is Unix's"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}
