use std::collections::HashMap;
use std::path::Path;

use cistron_core::AtomicFile;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};

use crate::NnError;

/// A named array on the host.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NamedTensor {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

impl NamedTensor {
    fn bytes(&self) -> Vec<u8> {
        self.values.iter().flat_map(|v| v.to_le_bytes()).collect()
    }
}

/// Key under which our JSON stands in the metadata of a safetensors file.
const METADATA_KEY: &str = "cistron";

/// Arrays of f32 in the safetensors format, with a JSON text beside them. Written atomically.
pub(crate) struct WeightFile {
    pub(crate) tensors: HashMap<String, (Vec<usize>, Vec<f32>)>,
    pub(crate) metadata: String,
}

impl WeightFile {
    pub(crate) fn write(path: &Path, tensors: &[NamedTensor], metadata: &str) -> Result<(), NnError> {
        let bytes: Vec<Vec<u8>> = tensors.iter().map(NamedTensor::bytes).collect();
        let damaged = |e: safetensors::SafeTensorError| NnError::file(path, format!("cannot be written: {e}"));
        let mut views = Vec::with_capacity(tensors.len());
        for (tensor, bytes) in tensors.iter().zip(&bytes) {
            let view = TensorView::new(Dtype::F32, tensor.shape.clone(), bytes).map_err(damaged)?;
            views.push((tensor.name.as_str(), view));
        }
        let info = HashMap::from([(METADATA_KEY.to_string(), metadata.to_string())]);
        let file = serialize(views, Some(info)).map_err(damaged)?;
        AtomicFile::write(path, &file).map_err(NnError::io(path))
    }

    pub(crate) fn read(path: &Path) -> Result<Self, NnError> {
        let bytes = std::fs::read(path).map_err(NnError::io(path))?;
        let damaged = |e: safetensors::SafeTensorError| {
            NnError::file(path, format!("not a whole safetensors file ({e}): delete it and train again"))
        };
        let (_, info) = SafeTensors::read_metadata(&bytes).map_err(damaged)?;
        let metadata = info.metadata().as_ref().and_then(|m| m.get(METADATA_KEY)).cloned().unwrap_or_default();
        let file = SafeTensors::deserialize(&bytes).map_err(damaged)?;
        let mut tensors = HashMap::new();
        for (name, view) in file.iter() {
            if view.dtype() != Dtype::F32 {
                return Err(NnError::file(path, format!("{name} is {:?}, not F32", view.dtype())));
            }
            let values = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
            tensors.insert(name.to_string(), (view.shape().to_vec(), values));
        }
        Ok(Self { tensors, metadata })
    }

    /// Takes out an array, checking its shape.
    pub(crate) fn take(&mut self, path: &Path, name: &str, shape: &[usize]) -> Result<Vec<f32>, NnError> {
        let (found, values) = self.tensors.remove(name).ok_or_else(|| {
            NnError::file(path, format!("has no weight {name}: it belongs to another network or version"))
        })?;
        if found != shape {
            let message = format!("weight {name} has shape {found:?} where the network has {shape:?}");
            return Err(NnError::file(path, message));
        }
        Ok(values)
    }

    /// BLAKE3 over the arrays sorted by name: name, shape and little-endian values. Independent of the file's layout.
    pub(crate) fn hash(&self) -> String {
        let mut names: Vec<&String> = self.tensors.keys().collect();
        names.sort();
        let mut hasher = blake3::Hasher::new();
        for name in names {
            let (shape, values) = &self.tensors[name];
            hasher.update(name.as_bytes());
            hasher.update(&[0]);
            for &size in shape {
                hasher.update(&(size as u64).to_le_bytes());
            }
            hasher.update(&u64::MAX.to_le_bytes());
            for values in values.chunks(4096) {
                let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                hasher.update(&bytes);
            }
        }
        hasher.finalize().to_hex().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_and_metadata_survive_and_the_hash_ignores_order() {
        let dir = tempfile::tempdir().unwrap();
        let a = NamedTensor { name: "a".into(), shape: vec![2, 1], values: vec![1.5, -0.0] };
        let b = NamedTensor { name: "b".into(), shape: vec![1], values: vec![f32::MIN_POSITIVE] };
        let (one, two) = (dir.path().join("1"), dir.path().join("2"));
        WeightFile::write(&one, &[a.clone(), b.clone()], "{\"x\": 1}").unwrap();
        WeightFile::write(&two, &[b, a], "").unwrap();
        let mut read = WeightFile::read(&one).unwrap();
        assert_eq!(read.metadata, "{\"x\": 1}");
        let hash = read.hash();
        assert_eq!(hash, WeightFile::read(&two).unwrap().hash());
        assert_eq!(read.take(&one, "a", &[2, 1]).unwrap(), [1.5, -0.0]);
        assert_ne!(read.hash(), hash);
        assert!(read.take(&one, "b", &[2]).unwrap_err().to_string().contains("shape [1]"));
        assert!(read.take(&one, "c", &[2]).unwrap_err().to_string().contains("no weight c"));
        std::fs::write(&one, b"half").unwrap();
        assert!(WeightFile::read(&one).err().unwrap().to_string().contains("not a whole safetensors file"));
    }
}
