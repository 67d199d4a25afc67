//! One writer for many threads: batches that wait together are made durable together.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use super::error::LogError;
use super::event::{Condition, NewEvent};
use super::traits::{Appended, Batch, EventLog, EventRead};

/// No more batches and events than these are made durable at once, so that nobody waits long.
const GROUP_BATCHES: usize = 4_096;
const GROUP_EVENTS: usize = 65_536;
/// After this time without work the log settles.
const IDLE: Duration = Duration::from_secs(1);

type Answered = Result<Appended, LogError>;

/// Where an answer is put, and who waits for it. A channel a request would be memory and turns of
/// the processor that all writers wait for.
struct Asked {
    place: Mutex<Option<Answered>>,
    waiter: Thread,
}

impl Asked {
    fn here() -> Arc<Asked> {
        Arc::new(Asked {
            place: Mutex::new(None),
            waiter: thread::current(),
        })
    }

    fn put(&self, answered: Answered) {
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = Some(answered);
        self.waiter.unpark();
    }

    /// Waits for the answer, in the thread that asked.
    fn wait(&self) -> Answered {
        loop {
            let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(answered) = place.take() {
                return answered;
            }
            drop(place);
            // Another's word can wake a thread too: then it looks again.
            thread::park();
        }
    }
}

/// The duty to answer: who lets go of it without, says that the writer has stopped.
struct Answer(Option<Arc<Asked>>);

impl Answer {
    fn give(mut self, answered: Answered) {
        if let Some(asked) = self.0.take() {
            asked.put(answered);
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(asked) = self.0.take() {
            asked.put(Err(LogError::Closed));
        }
    }
}

type Reading = Box<dyn FnOnce(&dyn EventRead) + Send>;

enum Request {
    Append(Batch, Answer),
    Read(Reading),
    Stop,
}

/// A log with a writer thread of its own.
pub struct GroupCommit<L> {
    handle: LogHandle,
    thread: JoinHandle<L>,
}

/// A way to the writer; cheap to clone, for any thread.
#[derive(Clone)]
pub struct LogHandle {
    queue: SyncSender<Request>,
}

impl<L: EventLog + 'static> GroupCommit<L> {
    /// Starts the writer. At most `queue` requests wait; who comes then waits for a place.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(log: L, queue: usize) -> io::Result<GroupCommit<L>> {
        let (sender, receiver) = sync_channel(queue);
        let thread = thread::Builder::new()
            .name("ledger writer".to_owned())
            .spawn(move || write(log, &receiver))?;
        Ok(GroupCommit {
            handle: LogHandle { queue: sender },
            thread,
        })
    }

    /// A way to the writer.
    pub fn handle(&self) -> LogHandle {
        self.handle.clone()
    }

    /// Stops the writer after what already waits, and gives the log back. Later requests of any
    /// handle are answered with [`LogError::Closed`].
    ///
    /// # Errors
    /// [`LogError::Closed`] where the writer had died.
    pub fn stop(self) -> Result<L, LogError> {
        // Where the writer is gone already, joining it says so.
        drop(self.handle.queue.send(Request::Stop));
        drop(self.handle);
        self.thread.join().map_err(|_| LogError::Closed)
    }
}

impl LogHandle {
    /// Adds events, all or none, and returns once they are durable.
    ///
    /// # Errors
    /// As [`EventLog::append`]; [`LogError::Closed`] where the writer has stopped.
    pub fn append(
        &self,
        events: Vec<NewEvent>,
        condition: Condition,
    ) -> Result<Appended, LogError> {
        let asked = Asked::here();
        let request = Request::Append((events, condition), Answer(Some(asked.clone())));
        self.queue.send(request).map_err(|_| LogError::Closed)?;
        asked.wait()
    }

    /// Reads between two appends. While it runs, no append does.
    ///
    /// # Errors
    /// [`LogError::Closed`] where the writer has stopped.
    pub fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn EventRead) -> T + Send + 'static,
    ) -> Result<T, LogError> {
        let (answer, answered) = sync_channel(1);
        let request = Request::Read(Box::new(move |log| drop(answer.send(read(log)))));
        self.queue.send(request).map_err(|_| LogError::Closed)?;
        answered.recv().map_err(|_| LogError::Closed)
    }
}

/// The batches that are made durable together, and who waits for them.
#[derive(Default)]
struct Group {
    batches: Vec<Batch>,
    answers: Vec<Answer>,
    events: usize,
}

impl Group {
    fn add(&mut self, batch: Batch, answer: Answer) {
        self.events += batch.0.len();
        self.batches.push(batch);
        self.answers.push(answer);
    }

    fn is_full(&self) -> bool {
        self.batches.len() >= GROUP_BATCHES || self.events >= GROUP_EVENTS
    }

    fn commit(self, log: &mut dyn EventLog) {
        let results = log.append_group(self.batches);
        for (answer, result) in self.answers.into_iter().zip(results) {
            answer.give(result);
        }
    }
}

fn write<L: EventLog>(mut log: L, queue: &Receiver<Request>) -> L {
    let mut settled = false;
    loop {
        let mut next = match queue.recv_timeout(IDLE) {
            Ok(request) => Some(request),
            Err(RecvTimeoutError::Timeout) => {
                if !settled {
                    // A failure leaves its trace in the log, and no event is at risk.
                    drop(log.settle());
                    settled = true;
                }
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return log,
        };
        let mut group = Group::default();
        while let Some(Request::Append(batch, answer)) = next.take_if(is_append) {
            group.add(batch, answer);
            next = match (group.is_full(), queue.try_recv()) {
                (false, Ok(request)) => Some(request),
                (true, Ok(request)) => {
                    std::mem::take(&mut group).commit(&mut log);
                    Some(request)
                }
                (_, Err(TryRecvError::Empty | TryRecvError::Disconnected)) => None,
            };
        }
        if !group.batches.is_empty() {
            settled = false;
            group.commit(&mut log);
        }
        match next {
            Some(Request::Read(read)) => read(&log),
            Some(Request::Stop) => return log,
            Some(Request::Append(..)) | None => {}
        }
    }
}

fn is_append(request: &mut Request) -> bool {
    matches!(request, Request::Append(..))
}
