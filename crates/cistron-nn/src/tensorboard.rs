//! A writer of TensorBoard event files: scalars only, no dependencies.
//!
//! A file is a sequence of records (TFRecord framing: length, masked CRC-32C of the length, payload, masked CRC-32C of the
//! payload), each payload a protocol buffer `tensorflow.Event` encoded by hand: wall_time (field 1, double), step (field
//! 2, varint), file_version (field 3, string) or summary (field 5) of values (field 1) with tag (field 1, string) and
//! simple_value (field 2, float).

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use cistron_core::AtomicFile;

use crate::{EpochRecord, NnError};

/// The event file of a run. Its name is fixed, so that a resumed run continues it.
pub(crate) struct EventLog {
    file: File,
    path: PathBuf,
}

impl EventLog {
    /// Starts the file with the epochs that are already there (a killed run may have left half a record), then appends.
    pub(crate) fn create(dir: &Path, history: &[EpochRecord]) -> Result<Self, NnError> {
        fs::create_dir_all(dir).map_err(NnError::io(dir))?;
        let path = dir.join("events.out.tfevents.0000000000.cistron");
        let start = history.first().map_or(0.0, |r| r.finished_unix_s);
        let mut bytes = record(&version_event(start));
        for epoch in history {
            bytes.extend(record(&epoch_event(epoch)));
        }
        AtomicFile::write(&path, &bytes).map_err(NnError::io(&path))?;
        let file = OpenOptions::new().append(true).open(&path).map_err(NnError::io(&path))?;
        Ok(Self { file, path })
    }

    pub(crate) fn append(&mut self, epoch: &EpochRecord) -> Result<(), NnError> {
        self.file.write_all(&record(&epoch_event(epoch))).map_err(NnError::io(&self.path))
    }
}

fn epoch_event(epoch: &EpochRecord) -> Vec<u8> {
    let mut scalars = vec![
        ("loss/train".to_string(), epoch.train_loss),
        ("loss/valid".to_string(), epoch.valid_loss),
        ("learning_rate".to_string(), epoch.learning_rate),
        ("samples_per_s".to_string(), epoch.samples_per_s),
    ];
    if let Some(value) = epoch.valid_metric {
        scalars.push((format!("{}/valid", epoch.metric), value));
    }
    scalar_event(epoch.finished_unix_s, epoch.epoch, &scalars)
}

/// First event of every file.
pub fn version_event(wall_time_unix_s: f64) -> Vec<u8> {
    let mut event = Vec::new();
    event.push(0x09);
    event.extend(wall_time_unix_s.to_le_bytes());
    bytes_field(&mut event, 3, b"brain.Event:2");
    event
}

/// An event of scalars at a step.
pub fn scalar_event(wall_time_unix_s: f64, step: u64, scalars: &[(String, f64)]) -> Vec<u8> {
    let mut summary = Vec::new();
    for (tag, value) in scalars {
        let mut field = Vec::new();
        bytes_field(&mut field, 1, tag.as_bytes());
        field.push(2 << 3 | 5);
        field.extend((*value as f32).to_le_bytes());
        bytes_field(&mut summary, 1, &field);
    }
    let mut event = Vec::new();
    event.push(1 << 3 | 1);
    event.extend(wall_time_unix_s.to_le_bytes());
    event.push(2 << 3);
    varint(&mut event, step);
    bytes_field(&mut event, 5, &summary);
    event
}

/// A payload in TFRecord framing.
pub fn record(payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(payload.len() + 16);
    record.extend(length);
    record.extend(masked_crc32c(&length).to_le_bytes());
    record.extend(payload);
    record.extend(masked_crc32c(payload).to_le_bytes());
    record
}

fn bytes_field(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend(bytes);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), bit by bit: events are small.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| crc >> 1 ^ (0x82F6_3B78 & (crc & 1).wrapping_neg()))
    })
}

/// The mask of TFRecord, so that a CRC over data that contains CRCs stays sound.
fn masked_crc32c(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_check_values() {
        // The check value of CRC-32/ISCSI, and RFC 3720, B.4: 32 bytes of zeros and of ones.
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA);
        assert_eq!(crc32c(&[0xFF; 32]), 0x62A8_AB43);
    }

    /// Written by tensorboard 2.21.0 (Python): `RecordWriter(b).write(Event(wall_time=1.5, step=300, summary=Summary(value=[
    /// Value(tag="loss/train", simple_value=0.5), Value(tag="pearson/valid", simple_value=0.75)])).SerializeToString())`, and
    /// the same with `Event(wall_time=1.5, file_version="brain.Event:2")`.
    #[test]
    fn records_equal_tensorboards_own() {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let scalars = [("loss/train".to_string(), 0.5), ("pearson/valid".to_string(), 0.75)];
        assert_eq!(
            hex(&record(&scalar_event(1.5, 300, &scalars))),
            "3700000000000000e7e8ca5909000000000000f83f10ac022a290a110a0a6c6f73732f747261696e150000003f0a140a0d70656172736f\
             6e2f76616c6964150000403fff737c16"
        );
        assert_eq!(
            hex(&record(&version_event(1.5))),
            "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c"
        );
    }

    /// Reads framing back, checking every sum.
    fn payloads(mut bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        while !bytes.is_empty() {
            let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
            assert_eq!(masked_crc32c(&bytes[..8]).to_le_bytes(), bytes[8..12]);
            let payload = &bytes[12..12 + length];
            assert_eq!(masked_crc32c(payload).to_le_bytes(), bytes[12 + length..16 + length]);
            all.push(payload.to_vec());
            bytes = &bytes[16 + length..];
        }
        all
    }

    fn epoch(epoch: u64) -> EpochRecord {
        EpochRecord {
            epoch,
            train_loss: 0.5,
            valid_loss: 0.25,
            valid_metric: Some(0.75),
            metric: "pearson".into(),
            learning_rate: 1e-3,
            samples_per_s: 100.0,
            seconds: 1.0,
            finished_unix_s: 1.5,
        }
    }

    #[test]
    fn a_resumed_log_holds_every_epoch_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = EventLog::create(dir.path(), &[]).unwrap();
        log.append(&epoch(1)).unwrap();
        log.append(&epoch(2)).unwrap();
        log.file.write_all(b"half a rec").unwrap();
        drop(log);
        let mut log = EventLog::create(dir.path(), &[epoch(1)]).unwrap();
        log.append(&epoch(2)).unwrap();
        let events = payloads(&fs::read(&log.path).unwrap());
        assert_eq!(events.len(), 3);
        assert!(events[0].ends_with(b"brain.Event:2"));
        assert_eq!(events[1], epoch_event(&epoch(1)));
        // wall_time 1.5, then step 2.
        assert_eq!(events[2][..11], [9, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0x10, 2]);
    }
}
