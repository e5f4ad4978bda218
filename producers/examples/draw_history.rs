//! temp
#![allow(clippy::print_stdout)]
use producers::history::{HistoryPlan, draw};
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let a: Vec<String> = std::env::args().collect();
    let t = std::time::Instant::now();
    let mut m = producers::source::open(&a[1], None)?;
    println!("{} sha {} opened in {:?}", m.describe(), m.data_sha256(), t.elapsed());
    for p in m.problems() { println!("problem: {p}"); }
    let t = std::time::Instant::now();
    let (mut after, mut bars, mut missing, mut novix) = (None, 0, 0, 0);
    while let Some(d) = m.next_day(after)? { after = Some(d.day); bars += d.bars.len(); missing += d.missing.len(); novix += usize::from(d.vix.is_none()); }
    println!("{bars} bars, {missing} missing, {novix} days without vix, {:?}", t.elapsed());
    let before: schemas::Day = a[2].parse()?;
    let t = std::time::Instant::now();
    let h = draw(m.as_mut(), &HistoryPlan::new(before, before), &mut |_, _| ())?;
    println!("{} samples in {:?}, span {:?}", h.samples.len(), t.elapsed(), h.report.span);
    for s in &h.report.strata { println!("{s}"); }
    println!("{:?}", h.report.refused);
    Ok(())
}
