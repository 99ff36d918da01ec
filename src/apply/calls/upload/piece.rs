//! The file, piece by piece: never more of it is in memory than one piece.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::time::SystemTime;

use bytes::Bytes;

use crate::apply::Setback;
use crate::resources::ImageFile;

/// The longest piece that is sent in one request.
const LONGEST: usize = 8 << 20;

/// The least that is looked at: shorter holes are sent as they are.
const GRAIN: usize = 64 << 10;

/// The longest hole that is told in one request.
const LONGEST_HOLE: u64 = 1 << 30;

static ZEROS: [u8; GRAIN] = [0; GRAIN];

/// A part of an image.
#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    /// These bytes.
    Data(Bytes),
    /// So many zeros.
    Zeros(u64),
}

/// The file that is sent.
pub(super) struct Source {
    /// Away while a piece is read.
    file: Option<File>,
    name: String,
    length: u64,
    changed: Option<SystemTime>,
}

impl Source {
    /// Opens the file of which the plan speaks.
    pub async fn open(image: &ImageFile) -> Result<Self, Setback> {
        let ImageFile { path, name, length, .. } = image.clone();
        let setback = |error: io::Error| unreadable(&image.name, &error);
        let opened = blocking(move || {
            let file = File::open(path)?;
            let metadata = file.metadata()?;
            Ok((file, metadata.len(), metadata.modified().ok()))
        });
        let (file, is, changed) = opened.await.map_err(setback)?;
        let source = Self { file: Some(file), name, length, changed };
        if is == length { Ok(source) } else { Err(source.has_changed()) }
    }

    /// What is to be sent next from there on.
    pub async fn piece(&mut self, from: u64, can_zero: bool) -> Result<Piece, Setback> {
        let file = self.file.take();
        let length = self.length;
        let read = blocking(move || {
            let mut file = file.ok_or(io::ErrorKind::NotFound)?;
            let piece = read(&mut file, from, length, can_zero)?;
            Ok((file, piece))
        });
        let (file, piece) = read.await.map_err(|error| unreadable(&self.name, &error))?;
        self.file = Some(file);
        piece.ok_or_else(|| self.has_changed())
    }

    /// Whether what was sent is one file, and not half of an old one and half of a new one.
    pub fn check_unchanged(&self) -> Result<(), Setback> {
        let metadata = self.file.as_ref().and_then(|file| file.metadata().ok());
        let is_same =
            |it: &std::fs::Metadata| it.len() == self.length && it.modified().ok() == self.changed;
        if metadata.as_ref().is_some_and(is_same) { Ok(()) } else { Err(self.has_changed()) }
    }

    fn has_changed(&self) -> Setback {
        Setback::BadFile { name: self.name.clone(), message: "has changed meanwhile".to_owned() }
    }
}

fn unreadable(name: &str, error: &io::Error) -> Setback {
    Setback::BadFile { name: name.to_owned(), message: format!("cannot be read: {error}") }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// The piece at an offset; nothing if the file ends before it should.
fn read(file: &mut File, from: u64, length: u64, can_zero: bool) -> io::Result<Option<Piece>> {
    let first = chunk(file, from, length)?;
    if first.is_empty() {
        return Ok(None);
    }
    let zeros = if can_zero { leading_zeros(&first) } else { 0 };
    if zeros == 0 {
        let end = if can_zero { data_before_zeros(&first) } else { first.len() };
        return Ok(Some(Piece::Data(Bytes::from(first).slice(..end))));
    }
    let mut hole = zeros as u64;
    let mut is_whole = zeros == first.len();
    while is_whole && hole < LONGEST_HOLE && from + hole < length {
        let next = chunk(file, from + hole, length)?;
        let zeros = leading_zeros(&next);
        hole += zeros as u64;
        is_whole = zeros == next.len() && zeros > 0;
    }
    Ok(Some(Piece::Zeros(hole)))
}

fn chunk(file: &mut File, from: u64, length: u64) -> io::Result<Vec<u8>> {
    let most = (LONGEST as u64).min(length.saturating_sub(from));
    file.seek(SeekFrom::Start(from))?;
    let mut chunk = Vec::with_capacity(most as usize);
    file.take(most).read_to_end(&mut chunk)?;
    Ok(chunk)
}

fn is_zero(grain: &[u8]) -> bool {
    *grain == ZEROS[..grain.len()]
}

/// How many bytes at the beginning are zero, in whole grains.
fn leading_zeros(chunk: &[u8]) -> usize {
    chunk.chunks(GRAIN).take_while(|grain| is_zero(grain)).map(<[u8]>::len).sum()
}

/// How many bytes there are before the first grain of zeros.
fn data_before_zeros(chunk: &[u8]) -> usize {
    chunk.chunks(GRAIN).take_while(|grain| !is_zero(grain)).map(<[u8]>::len).sum()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const GRAIN_LENGTH: u64 = GRAIN as u64;

    fn read_all(content: &[u8], can_zero: bool) -> Vec<Piece> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(content).expect("room");
        let length = content.len() as u64;
        let (mut pieces, mut at) = (Vec::new(), 0);
        while at < length {
            let piece = read(&mut file, at, length, can_zero).expect("a file").expect("more");
            at += piece.length();
            pieces.push(piece);
        }
        pieces
    }

    #[test]
    fn holes_are_told_and_not_sent() {
        let mut content = vec![0; 5 * GRAIN + 100];
        content[2 * GRAIN] = 1;
        let pieces = read_all(&content, true);
        let lengths: Vec<u64> = pieces.iter().map(Piece::length).collect();
        assert_eq!(lengths, [2 * GRAIN_LENGTH, GRAIN_LENGTH, 2 * GRAIN_LENGTH + 100]);
        assert!(matches!(pieces[..], [Piece::Zeros(_), Piece::Data(_), Piece::Zeros(_)]));
        assert!(matches!(read_all(&content, false)[..], [Piece::Data(_)]));
    }

    #[test]
    fn a_hole_may_be_longer_than_a_piece() {
        let content = vec![0; 3 * LONGEST + 1];
        assert_eq!(read_all(&content, true), [Piece::Zeros(3 * LONGEST as u64 + 1)]);
    }

    #[test]
    fn a_file_that_ends_too_early_has_no_piece() {
        let mut file = tempfile::tempfile().expect("a file");
        assert_eq!(read(&mut file, 0, 10, true).expect("a file"), None);
    }
}
