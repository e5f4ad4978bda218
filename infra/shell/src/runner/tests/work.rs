//! A role's own work that fails, or is put off until more days have closed.

use super::*;
use schemas::role::{Effect, EffectError};

/// What materializers have written.
struct Disk {
    log: MemoryLog,
    /// Whether it refuses the try of this number to write days up to this one.
    refuses: fn(u32, Day) -> bool,
    tries: AtomicU32,
    written: Mutex<Vec<Day>>,
    /// The committed offset of `bars` at each writing.
    committed: Mutex<Vec<Option<u64>>>,
}

impl Disk {
    fn write(&self, days: &mut Vec<Day>) -> Result<(), EffectError> {
        let tried = 1 + self.tries.fetch_add(1, Ordering::Relaxed);
        if days.last().is_some_and(|last| (self.refuses)(tried, *last)) {
            return Err("the disk is gone".to_owned().into());
        }
        self.committed.lock().push(self.committed());
        self.written.lock().append(days);
        Ok(())
    }

    fn committed(&self) -> Option<u64> {
        let bars = record_codec::place(Topic::Bars, 0);
        self.log.committed(Role::Materializer.name(), &[bars]).unwrap()[0]
    }
}

/// A materializer that writes each day when it closes, or puts all off.
struct Writer {
    disk: Arc<Disk>,
    puts_off: bool,
    held: Arc<Mutex<Vec<Day>>>,
}

impl Machine for Writer {
    fn evolve(&mut self, _: &Event) {}

    fn decide(&self, cause: Cause<'_>, _: &Context<'_>) -> Decision {
        let Cause::DayClosed { day, .. } = cause else { return Decision::default() };
        let (disk, held, puts_off) = (self.disk.clone(), self.held.clone(), self.puts_off);
        let effect: Effect = Box::new(move |_| {
            held.lock().push(day);
            if puts_off { Ok(()) } else { disk.write(&mut held.lock()) }.map(|()| Vec::new())
        });
        Decision { events: Vec::new(), effect: Some(effect) }
    }

    fn puts_off(&self) -> bool {
        !self.held.lock().is_empty()
    }

    fn carry_out(&self) -> Result<(), EffectError> {
        let mut held = self.held.lock();
        if held.is_empty() { Ok(()) } else { self.disk.write(&mut held) }
    }

    fn close_day(&mut self, _: Day) {}

    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    fn restore(&mut self, _: &[u8]) -> Result<(), BadState> {
        Ok(())
    }
}

const DAYS: [Day; 3] = [FIRST, Day(FIRST.0 + 1), Day(FIRST.0 + 2)];

/// Runs a materializer over three days, which are all due, until it has closed the last of them.
fn over_three_days(
    puts_off: bool,
    refuses: fn(u32, Day) -> bool,
) -> (Result<(), ShellError>, Arc<Disk>) {
    let log = MemoryLog::new("memory").unwrap();
    opened(&log);
    let inputs: Vec<Topic> = Role::Materializer.inputs().iter().map(|input| input.topic).collect();
    DAYS.iter().for_each(|day| publish_markers(&log, &inputs, *day));
    let disk = Arc::new(Disk {
        log: log.clone(),
        refuses,
        tries: AtomicU32::default(),
        written: Mutex::default(),
        committed: Mutex::default(),
    });
    let of_machines = Arc::clone(&disk);
    let env = Env {
        log: Arc::new(log),
        states: Arc::new(MemoryCheckpoints::default()),
        partitions: 1,
        machines: Arc::new(move |_| {
            let disk = Arc::clone(&of_machines);
            Some(Box::new(Writer { disk, puts_off, held: Arc::default() }))
        }),
        board: Arc::default(),
        policy: Policy::default(),
    };
    let plan = Plan { roles: vec![(Role::Materializer, 1)], until: Some(DAYS[2]), name: None };
    let (stop, begun) = (Arc::new(AtomicBool::new(false)), Instant::now());
    let ended = run(&env, &plan, None, &stop, &mut |_| {
        stop.fetch_or(begun.elapsed() > Duration::from_secs(60), Ordering::Relaxed);
    });
    (ended, disk)
}

/// The run ends with this failure after the twentieth try again.
fn gives_up(ended: Result<(), ShellError>) {
    let Err(ShellError::Effect { cause, .. }) = ended else { panic!("it went on: {ended:?}") };
    assert_eq!(cause.what, "the disk is gone");
}

/// Each time it published the days before that one again, which counted as progress: it went on for ever.
#[test]
fn work_that_always_fails_ends_the_run_though_days_before_it_are_published_again() {
    let (ended, disk) = over_three_days(false, |_, day| day == DAYS[2]);
    gives_up(ended);
    assert_eq!(disk.written.lock()[..3], [DAYS[0], DAYS[1], DAYS[0]]);
    assert_eq!(disk.committed(), Some(2));
}

#[test]
fn what_is_put_off_is_written_before_its_offsets_are_committed_and_the_run_ends() {
    let (ended, disk) = over_three_days(true, |tried, _| tried <= 2);
    ended.unwrap();
    assert_eq!(*disk.written.lock(), DAYS);
    assert_eq!(disk.tries.load(Ordering::Relaxed), 3);
    assert!(disk.committed.lock().iter().all(|offset| offset.unwrap_or(0) == 0));
    assert_eq!(disk.committed(), Some(3));
}

/// The run had counted as over when the days had closed, and such a failure at its end was only told of.
#[test]
fn what_is_put_off_and_cannot_be_written_ends_the_run_with_an_error() {
    let (ended, disk) = over_three_days(true, |_, _| true);
    gives_up(ended);
    assert_eq!((disk.tries.load(Ordering::Relaxed), disk.committed().unwrap_or(0)), (21, 0));
}
