// Threads, channels, locks, collections, panics that unwind, processes, files, formatting, wide integers.
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{mpsc, Arc, Barrier, Condvar, Mutex, Once, RwLock};
use std::{env, fs, panic, process, thread, time::Duration};

thread_local!(static OWN: std::cell::Cell<u32> = std::cell::Cell::new(1));

struct Loud(&'static str);

impl Drop for Loud {
    fn drop(&mut self) {
        println!("drop {}", self.0);
    }
}

fn threads() {
    let (sender, receiver) = mpsc::channel();
    let total = Arc::new(Mutex::new(0u64));
    let map = Arc::new(RwLock::new(HashMap::new()));
    let barrier = Arc::new(Barrier::new(4));
    let count = Arc::new(AtomicU64::new(0));
    let handles: Vec<_> = (0..4u64)
        .map(|i| {
            let (sender, total, map) = (sender.clone(), total.clone(), map.clone());
            let (barrier, count) = (barrier.clone(), count.clone());
            thread::Builder::new()
                .name(format!("worker {i}"))
                .spawn(move || {
                    OWN.with(|own| own.set(own.get() + 1));
                    for j in 0..500 {
                        *total.lock().unwrap() += i * j;
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                    map.write().unwrap().insert(i, thread::current().name().unwrap().to_string());
                    barrier.wait();
                    sender.send(map.read().unwrap().len()).unwrap();
                    OWN.with(|own| own.get())
                })
                .unwrap()
        })
        .collect();
    drop(sender);
    let seen: Vec<usize> = receiver.iter().collect();
    let own: Vec<u32> = handles.into_iter().map(|handle| handle.join().unwrap()).collect();
    println!("{seen:?} {own:?} {} {}", total.lock().unwrap(), count.load(Ordering::SeqCst));
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let other = pair.clone();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(2));
        *other.0.lock().unwrap() = true;
        other.1.notify_one();
    });
    let ready = pair.1.wait_while(pair.0.lock().unwrap(), |ready| !*ready).unwrap();
    let once = Once::new();
    (0..3).for_each(|_| once.call_once(|| println!("once {}", *ready)));
}

fn panics() {
    panic::set_hook(Box::new(|info| println!("panic at line {}", info.location().unwrap().line() > 0)));
    let list = vec![1, 2, 3];
    let index = list.len() + 2;
    println!("{}", panic::catch_unwind(|| { let _loud = Loud("unwound"); list[index] }).is_err());
    println!("{}", thread::spawn(|| { let none: Option<u8> = None; none.unwrap() }).join().is_err());
    println!("{:?} {:?}", 250u8.checked_add(10), "x1".parse::<i32>().map_err(|error| error.to_string()));
}

fn collections() {
    let mut words = BTreeMap::new();
    for word in "the cat and the dog and the end".split_whitespace() {
        *words.entry(word).or_insert(0) += 1;
    }
    let mut queue: VecDeque<_> = (0..10).collect();
    queue.rotate_left(3);
    let mut numbers: Vec<u64> = (0..20000).map(|n: u64| n.wrapping_mul(6364136223846793005) >> 20).collect();
    numbers.sort_unstable();
    println!("{words:?} {queue:?} {}", numbers.iter().step_by(1000).fold(0u64, |a, b| a.wrapping_mul(31).wrapping_add(*b)));
    println!("{} {} {:#x} {:>8.3}|{:<6}|{:^7}|{:e}", u128::MAX / 7, i128::MIN, 1u128 << 100, 3.14159, "ab", "mid", 123456.0);
    println!("{:?} {}", "größe ✓".char_indices().map(|(i, c)| (i, c.len_utf8())).collect::<Vec<_>>(), "ß".to_uppercase());
}

fn processes() -> std::io::Result<()> {
    let myself = env::current_exe()?;
    let output = Command::new(&myself).arg("child").env("COLOUR", "red").output()?;
    println!("{:?} {:?}", String::from_utf8_lossy(&output.stdout), output.status.code());
    let mut cat = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    cat.stdin.take().unwrap().write_all(b"through cat")?;
    let mut text = String::new();
    cat.stdout.take().unwrap().read_to_string(&mut text)?;
    println!("{text} {:?}", cat.wait()?.success());
    let mut sleeper = Command::new("sleep").arg("100").spawn()?;
    sleeper.kill()?;
    println!("{}", sleeper.wait()?);
    println!("{:?}", Command::new("no-such-program").spawn().map(|_| ()).map_err(|error| error.kind()));
    fs::create_dir_all("rust/a")?;
    let mut file = fs::OpenOptions::new().read(true).write(true).create(true).open("rust/a/file")?;
    (0..100).try_for_each(|n| writeln!(file, "line {n}"))?;
    file.seek(SeekFrom::Start(0))?;
    println!("{} {}", BufReader::new(&file).lines().count(), file.metadata()?.len());
    fs::copy("rust/a/file", "rust/copy")?;
    fs::rename("rust/copy", "rust/renamed")?;
    let mut names: Vec<_> = fs::read_dir("rust")?.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    println!("{names:?}");
    fs::remove_dir_all("rust")
}

fn main() {
    if env::args().nth(1).is_some() {
        print!("child {}", env::var("COLOUR").unwrap());
        process::exit(7);
    }
    threads();
    panics();
    collections();
    println!("{:?}", processes());
    let _loud = Loud("main");
    process::exit(4);
}
