//! Descriptors: where a command's output goes.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Machine, Stdin};

/// Bytes that somebody will read.
#[derive(Debug, Clone, Default)]
pub(super) struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    pub(super) fn push(&self, bytes: &[u8]) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(bytes);
    }

    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Where a descriptor leads.
#[derive(Debug, Clone)]
pub(super) enum Sink {
    Buffer(Buffer),
    /// Opened (and emptied, or not) before; writes append.
    File(String),
    Null,
}

/// The descriptors of a command.
#[derive(Clone)]
pub(super) struct Io {
    pub(super) stdin: Stdin,
    pub(super) sinks: BTreeMap<u32, Sink>,
}

impl Io {
    pub(super) fn new(stdin: Stdin) -> Self {
        Self {
            stdin,
            sinks: BTreeMap::new(),
        }
    }

    pub(super) fn with(mut self, fd: u32, sink: Sink) -> Self {
        self.sinks.insert(fd, sink);
        self
    }

    pub(super) fn write<M: Machine>(
        &self,
        machine: &M,
        fd: u32,
        bytes: &[u8],
    ) -> Result<(), String> {
        if bytes.is_empty() {
            return Ok(());
        }
        match self.sinks.get(&fd) {
            Some(Sink::Buffer(buffer)) => buffer.push(bytes),
            Some(Sink::File(path)) => machine
                .files(|files| files.append(path, bytes))
                .map_err(|error| format!("write error: {error}"))?,
            Some(Sink::Null) => {}
            None => return Err("write error: Bad file descriptor".into()),
        }
        Ok(())
    }
}
