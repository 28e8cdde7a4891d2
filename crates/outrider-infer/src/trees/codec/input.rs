//! Bytes that are read from the front.

use super::CodecError;

/// What is left to read.
pub(crate) struct Input<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Input<'a> {
    /// What comes after the letters that it begins with.
    pub(crate) fn new(bytes: &'a [u8], magic: &'static str) -> Result<Input<'a>, CodecError> {
        match bytes.starts_with(magic.as_bytes()) {
            true => Ok(Input { bytes, at: magic.len() }),
            false => Err(CodecError::Magic(magic)),
        }
    }

    /// Whether all is read.
    pub(crate) fn end(&self) -> Result<(), CodecError> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(CodecError::Length("too long")) }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let bytes = self.bytes[self.at..].first_chunk::<N>().ok_or(CodecError::Length("too short"))?;
        self.at += N;
        Ok(*bytes)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, CodecError> {
        self.take().map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, CodecError> {
        self.take().map(u16::from_le_bytes)
    }

    pub(crate) fn f32(&mut self) -> Result<f32, CodecError> {
        self.take().map(f32::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, CodecError> {
        self.take().map(u32::from_le_bytes)
    }

    pub(crate) fn f64(&mut self) -> Result<f64, CodecError> {
        self.take().map(f64::from_le_bytes)
    }

    /// A number of things, each of `size` bytes, that the rest can hold.
    pub(crate) fn count(&mut self, size: usize) -> Result<usize, CodecError> {
        let count = self.u32()? as usize;
        let fits = count.checked_mul(size).is_some_and(|bytes| bytes <= self.bytes.len() - self.at);
        if fits { Ok(count) } else { Err(CodecError::Length("too short")) }
    }

    pub(crate) fn flag(&mut self) -> Result<bool, CodecError> {
        let flag = self.u8()?;
        self.ensure(flag < 2, "expected 0 or 1")?;
        Ok(flag == 1)
    }

    pub(crate) fn ensure(&self, holds: bool, problem: &'static str) -> Result<(), CodecError> {
        if holds { Ok(()) } else { self.wrong(problem) }
    }

    pub(crate) fn wrong<T>(&self, problem: &'static str) -> Result<T, CodecError> {
        Err(CodecError::Value { at: self.at, problem })
    }

    /// Where each tree begins, and the end.
    pub(crate) fn read_roots(&mut self) -> Result<Vec<u32>, CodecError> {
        let mut roots = vec![0_u32];
        for _ in 0..self.count(4)? {
            let nodes = self.u32()?;
            self.ensure(nodes > 0, "expected a root in each tree")?;
            let end = roots[roots.len() - 1].checked_add(nodes).ok_or(CodecError::Length("too short"))?;
            roots.push(end);
        }
        Ok(roots)
    }
}
