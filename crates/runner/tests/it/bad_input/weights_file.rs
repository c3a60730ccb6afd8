//! A safetensors file taken apart and put together again, with every freedom to break it.

use serde_json::{Map, Value, json};

/// The name under which a file keeps what is not a tensor.
const METADATA: &str = "__metadata__";

/// The tensors of a file, in its order, and its metadata.
pub(super) struct WeightsFile {
    pub(super) tensors: Vec<Tensor>,
    metadata: Value,
}

pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) dtype: String,
    pub(super) shape: Vec<u64>,
    pub(super) bytes: Vec<u8>,
}

impl WeightsFile {
    pub(super) fn parse(file: &[u8]) -> Self {
        let (length, rest) = file.split_first_chunk::<8>().unwrap();
        let (header, data) = rest.split_at(usize::try_from(u64::from_le_bytes(*length)).unwrap());
        let mut header: Map<String, Value> = serde_json::from_slice(header).unwrap();
        let metadata = header.remove(METADATA).unwrap();
        let tensor = |(name, entry): (String, Value)| {
            let offset = |i: usize| usize::try_from(entry["data_offsets"][i].as_u64().unwrap()).unwrap();
            let shape = entry["shape"].as_array().unwrap();
            let tensor = Tensor {
                name,
                dtype: entry["dtype"].as_str().unwrap().to_owned(),
                shape: shape.iter().map(|size| size.as_u64().unwrap()).collect(),
                bytes: data[offset(0)..offset(1)].to_vec(),
            };
            (offset(0), tensor)
        };
        let mut tensors: Vec<(usize, Tensor)> = header.into_iter().map(tensor).collect();
        tensors.sort_by_key(|(start, _)| *start);
        Self {
            tensors: tensors.into_iter().map(|(_, tensor)| tensor).collect(),
            metadata,
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut entries = vec![(METADATA.to_owned(), self.metadata.clone())];
        let mut data: Vec<u8> = Vec::new();
        for Tensor {
            name,
            dtype,
            shape,
            bytes,
        } in &self.tensors
        {
            let offsets = [data.len(), data.len() + bytes.len()];
            let entry = json!({"dtype": dtype, "shape": shape, "data_offsets": offsets});
            entries.push((name.clone(), entry));
            data.extend(bytes);
        }
        // By hand: a map would not hold the same name twice.
        let entries: Vec<String> = entries
            .into_iter()
            .map(|(name, entry)| format!("{}:{entry}", Value::from(name)))
            .collect();
        with_header(format!("{{{}}}", entries.join(",")).as_bytes(), &data)
    }

    /// The tensor of a name.
    pub(super) fn tensor(&mut self, name: &str) -> &mut Tensor {
        self.tensors.iter_mut().find(|tensor| tensor.name == name).unwrap()
    }

    /// Another tensor, one of a single number.
    pub(super) fn add(&mut self, name: &str) {
        self.tensors.push(Tensor {
            name: name.to_owned(),
            dtype: "F32".to_owned(),
            shape: vec![1],
            bytes: vec![0; 4],
        });
    }
}

impl Tensor {
    /// The numbers, and the bytes of each under another element type.
    pub(super) fn retype(&mut self, dtype: &str, bytes: impl Fn(f32) -> Vec<u8>) {
        let (numbers, _) = self.bytes.as_chunks::<4>();
        self.bytes = numbers
            .iter()
            .flat_map(|number| bytes(f32::from_le_bytes(*number)))
            .collect();
        dtype.clone_into(&mut self.dtype);
    }

    /// Writes a number over the first one.
    pub(super) fn set_first(&mut self, number: f32) {
        self.bytes[..4].copy_from_slice(&number.to_le_bytes());
    }
}

/// A file with this header.
pub(super) fn with_header(header: &[u8], data: &[u8]) -> Vec<u8> {
    let length = header.len() as u64;
    [&length.to_le_bytes()[..], header, data].concat()
}
