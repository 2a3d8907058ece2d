//! Copies and reads that take minutes: ISOs and bundles on their way into the library, and bundles
//! on their way out. Each lives in this process, is listed while it runs, and can be cancelled; it
//! answers when nothing of it is left. They are no jobs: nothing of them is kept, and what was cut
//! off is begun anew.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use slipway_core::{ids::TransferId, time::ByteCount};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    AppError, ChangeTag, ErrorCode, Fleet,
    views::{TransferKind, TransferProgress, TransferView},
};

/// Those of this process.
#[derive(Default)]
pub(crate) struct Transfers {
    all: Mutex<BTreeMap<TransferId, Arc<Running>>>,
    /// One ended.
    ended: Notify,
    /// Above those of all: this process ends, and what begins now is stopped too.
    stop: CancellationToken,
}

impl Transfers {
    fn all(&self) -> MutexGuard<'_, BTreeMap<TransferId, Arc<Running>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Running {
    kind: TransferKind,
    path: String,
    read: AtomicU64,
    total: AtomicU64,
    stop: CancellationToken,
}

type Teller = Arc<Mutex<dyn FnMut(TransferProgress) + Send>>;

/// One that runs, in the hands of what runs it. It is listed until this is dropped.
pub(crate) struct Transfer {
    id: TransferId,
    running: Arc<Running>,
    tell: Teller,
    fleet: Fleet,
}

impl Fleet {
    /// What is copied or read in this process, the oldest first.
    #[must_use]
    pub fn transfers(&self) -> Vec<TransferView> {
        let all = self.inner.transfers.all();
        let view = |(id, running): (&TransferId, &Arc<Running>)| TransferView {
            id: id.clone(),
            kind: running.kind,
            path: running.path.clone(),
            read: ByteCount(running.read.load(Ordering::Relaxed)),
            total: ByteCount(running.total.load(Ordering::Relaxed)),
            cancelling: running.stop.is_cancelled(),
        };
        all.iter().map(view).collect()
    }

    /// Wants one to stop. What runs it answers when nothing of it is left, or that it was done.
    ///
    /// # Errors
    /// It is over.
    pub fn cancel_transfer(&self, id: &TransferId) -> Result<(), AppError> {
        let running = self.inner.transfers.all().get(id).cloned();
        let over = || {
            AppError::not_found("this copy is over").hint("the ISOs' page shows what came of it")
        };
        running.ok_or_else(over)?.stop.cancel();
        self.changed(ChangeTag::Iso, None);
        Ok(())
    }

    /// Stops all, and comes back when nothing of them is left: this process is about to end.
    pub async fn end_transfers(&self) {
        let transfers = &self.inner.transfers;
        transfers.stop.cancel();
        loop {
            let ended = transfers.ended.notified();
            if transfers.all().is_empty() {
                return;
            }
            ended.await;
        }
    }

    pub(crate) fn begin_transfer(
        &self,
        kind: TransferKind,
        path: &Path,
        tell: impl FnMut(TransferProgress) + Send + 'static,
    ) -> Transfer {
        let transfer = Transfer {
            id: TransferId::new(),
            running: Arc::new(Running {
                kind,
                path: path.display().to_string(),
                read: AtomicU64::new(0),
                total: AtomicU64::new(0),
                stop: self.inner.transfers.stop.child_token(),
            }),
            tell: Arc::new(Mutex::new(tell)),
            fleet: self.clone(),
        };
        let mut all = self.inner.transfers.all();
        all.insert(transfer.id.clone(), transfer.running.clone());
        drop(all);
        self.changed(ChangeTag::Iso, None);
        (transfer.told())(ByteCount(0), ByteCount(0));
        transfer
    }
}

impl Transfer {
    /// Gets the bytes done and all of them.
    pub fn told(&self) -> impl FnMut(ByteCount, ByteCount) + Send + 'static + use<> {
        let (id, running, tell) = (self.id.clone(), self.running.clone(), self.tell.clone());
        move |read, total| {
            running.read.store(read.0, Ordering::Relaxed);
            running.total.store(total.0, Ordering::Relaxed);
            let mut tell = tell.lock().unwrap_or_else(PoisonError::into_inner);
            let id = id.clone();
            tell(TransferProgress { id, read, total });
        }
    }

    pub fn stop(&self) -> &CancellationToken {
        &self.running.stop
    }

    /// What came of it. Whatever broke when it was stopped, it was stopped.
    ///
    /// # Errors
    /// [`ErrorCode::Cancelled`], or what it met.
    pub fn ended<T>(&self, result: Result<T, AppError>) -> Result<T, AppError> {
        let what = match self.running.kind {
            TransferKind::ImportIso | TransferKind::ImportBundle => "the import was cancelled",
            TransferKind::WriteBundle => "the bundle was cancelled",
        };
        match result {
            Err(_) if self.running.stop.is_cancelled() => {
                Err(AppError::new(ErrorCode::Cancelled, what)
                    .because(self.running.path.clone())
                    .hint("nothing of it is left; start it again when you like"))
            }
            result => result,
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.fleet.inner.transfers.all().remove(&self.id);
        self.fleet.inner.transfers.ended.notify_waiters();
        self.fleet.changed(ChangeTag::Iso, None);
    }
}
