//! Whatever bytes there are: a table, or one sentence; in bounded memory, and no panic.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/folder.rs"]
mod folder;

use folder::Folder;
use outrider_core::frame::{Column, Frame, Values};
use outrider_store::{Limits, Options, read, write};
use proptest::prelude::*;

const LIMITS: Limits = Limits {
    rows: 1_000,
    line_bytes: 512,
    columns: 16,
    name_bytes: 32,
    words: 64,
    word_bytes: 4_096,
    unpacked_bytes: 1 << 20,
    unpacked_parquet_bytes: 1 << 20,
};

/// Reads `bytes` and holds the report against the table.
fn survives(bytes: &[u8]) -> Result<(), TestCaseError> {
    let folder = Folder::new("hostile");
    let options = Options { limits: LIMITS, ..Options::default() };
    match read(&[folder.write("rows", bytes)], &options, &mut |_| {}) {
        Ok((frame, reading)) => {
            let kept = reading.columns.iter().filter(|column| frame.column(&column.name).is_some());
            prop_assert_eq!(kept.count(), frame.columns().len());
            prop_assert!(frame.columns().is_empty() || frame.rows() as u64 == reading.rows);
            prop_assert_eq!(reading.samples.len() as u64, reading.rejected.min(8));
        }
        Err(error) => prop_assert_eq!(error.to_string().lines().count(), 1, "{}", error),
    }
    Ok(())
}

fn sample() -> Frame {
    let column = |name: &str, values| Column { name: name.to_owned(), values };
    let words = (0..200).map(|row| Some(["a", "b", "long word"][row % 3]).filter(|_| row % 7 > 0));
    Frame::new(vec![
        column("number", Values::Number((0..200).map(|row| f64::from(row) / 3.0).collect())),
        column("word", Values::Word(words.collect())),
        column("time", Values::Time((0..200).collect())),
    ])
    .unwrap()
}

fn sample_bytes(name: &str) -> Vec<u8> {
    let folder = Folder::new("sample");
    let path = folder.path().join(name);
    write(&sample(), &path).unwrap();
    std::fs::read(path).unwrap()
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        survives(&bytes)?;
    }

    #[test]
    fn pieces_of_csv_in_any_order(
        pieces in prop::collection::vec(
            prop::sample::select(vec![",", "\n", "\r\n", "\"", "a", "1", "2024-01-01", "\u{fe}", " ", ";", "nan", "\0"]), 0..300,
        ),
    ) {
        survives(pieces.concat().as_bytes())?;
    }

    #[test]
    fn pieces_of_json_in_any_order(
        pieces in prop::collection::vec(
            prop::sample::select(vec!["{", "}", "[", "]", "\"a\"", "\"b\"", ":", ",", "1", "-1e999", "null", "\n", "\"\\u0000\""]),
            0..300,
        ),
    ) {
        survives(format!("{{{}", pieces.concat()).as_bytes())?;
    }

    #[test]
    fn damaged_files(
        name in prop::sample::select(vec!["a.csv", "a.csv.gz", "a.parquet"]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = sample_bytes(name);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.map_or(bytes.len(), |place| place.index(bytes.len())));
        survives(&bytes)?;
    }

    #[test]
    fn good_rows_are_all_there_whatever_stands_between(
        rows in prop::collection::vec(prop::option::of(0u32..1_000), 1..100),
    ) {
        // At least 95 of 100 values are numbers, since lines of three fields have none.
        let lines: Vec<String> = rows.iter().map(|row| row.map_or("x,y,z".to_owned(), |n| format!("{n},w"))).collect();
        let folder = Folder::new("between");
        let path = folder.write("rows.csv", format!("n,w\n{}\n", lines.join("\n")).as_bytes());
        let good: Vec<f64> = rows.iter().flatten().map(|&n| f64::from(n)).collect();
        let wrong = rows.len() - good.len();
        match read(&[path], &Options::default(), &mut |_| {}) {
            Ok((frame, reading)) => {
                prop_assert_eq!(&frame.column("n").unwrap().values, &Values::Number(good));
                prop_assert_eq!(reading.rejected, wrong as u64);
                let first = rows.iter().position(Option::is_none).map(|place| place as u64 + 2);
                prop_assert_eq!(reading.samples.first().map(|sample| sample.line), first);
            }
            Err(error) => prop_assert!(good.is_empty(), "{}", error),
        }
    }
}

#[test]
fn deep_nesting_is_a_wrong_row() {
    let deep = format!("{{\"a\": 1}}\n{}1{}\n", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let folder = Folder::new("deep");
    let (frame, reading) = read(&[folder.write("rows", deep.as_bytes())], &Options::default(), &mut |_| {}).unwrap();
    assert_eq!((frame.rows(), reading.rejected), (1, 1));
}
