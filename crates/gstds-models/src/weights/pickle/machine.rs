//! The stack machine that a pickle is a program for.

use super::global::{self, Global};
use super::{Id, MOST_EXTENTS, Node, Storage, Tensor};
use std::collections::BTreeMap;

/// Runs the program at the start of `rest`; all its nodes, and the one that it ends with.
pub(super) fn run<'a>(rest: &mut &'a [u8]) -> Result<(Vec<Node<'a>>, Id), String> {
    let mut machine = Machine {
        rest,
        nodes: vec![Node::Plain, Node::Truth(false), Node::Truth(true)],
        stack: Vec::new(),
        marks: Vec::new(),
        memo: BTreeMap::new(),
    };
    while machine.step()? {}
    let root = machine.pop()?;
    Ok((machine.nodes, root))
}

struct Machine<'a, 'r> {
    rest: &'r mut &'a [u8],
    /// The first three stand for all values like them.
    nodes: Vec<Node<'a>>,
    stack: Vec<Id>,
    /// Heights of the stack where marks were set.
    marks: Vec<usize>,
    memo: BTreeMap<u32, Id>,
}

const PLAIN: Id = 0;
const FALSE: Id = 1;
const TRUE: Id = 2;

impl<'a> Machine<'a, '_> {
    /// Runs one opcode; false when it was the last.
    fn step(&mut self) -> Result<bool, String> {
        let [code] = self.array()?;
        match code {
            b'.' => return Ok(false),
            0x80 => self.protocol()?,
            0x95 => drop(self.take(8)?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_to_mark()?),
            b'2' => self.stack.push(self.top()?),
            b'N' => self.stack.push(PLAIN),
            0x88 => self.stack.push(TRUE),
            0x89 => self.stack.push(FALSE),
            b'J' | b'K' | b'M' | 0x8a => self.int(code)?,
            b'G' => self.plain(8)?,
            b'X' | b'T' | b'U' | 0x8c | 0x8d => self.text(code)?,
            b'B' | b'C' | 0x8b | 0x8e | 0x96 => {
                let length = self.length(code)?;
                self.plain(length)?;
            }
            b')' | b']' | 0x8f => self.push(Node::List(Vec::new()))?,
            b't' | b'l' | 0x91 => {
                let items = self.pop_to_mark()?;
                self.push(Node::List(items))?;
            }
            0x85..=0x87 => {
                let from = self.height_without(usize::from(code - 0x84))?;
                let items = self.stack.split_off(from);
                self.push(Node::List(items))?;
            }
            b'}' | b'd' => self.dict(code)?,
            b'a' | b'e' | 0x90 => self.append(code)?,
            b's' | b'u' => self.set_items(code)?,
            b'q' | b'r' | 0x94 => self.remember(code)?,
            b'h' | b'j' => self.recall(code)?,
            b'c' | 0x93 => self.global(code)?,
            b'Q' => self.storage()?,
            b'R' => self.call()?,
            b'b' => self.build()?,
            other => {
                return Err(format!(
                    "its pickle has the opcode 0x{other:02x}, which a dictionary of tensors does not need"
                ));
            }
        }
        Ok(true)
    }

    fn protocol(&mut self) -> Result<(), String> {
        match self.array()? {
            [2..=5] => Ok(()),
            [other] => Err(format!("its pickle has protocol {other}; 2 to 5 are read")),
        }
    }

    fn int(&mut self, code: u8) -> Result<(), String> {
        let value = match code {
            b'J' => i64::from(i32::from_le_bytes(self.array()?)),
            b'M' => i64::from(u16::from_le_bytes(self.array()?)),
            b'K' => i64::from(self.array::<1>()?[0]),
            _ => {
                let [length] = self.array()?;
                let digits = self.take(usize::from(length))?;
                let Some(value) = long(digits) else {
                    self.stack.push(PLAIN);
                    return Ok(());
                };
                value
            }
        };
        self.push(Node::Int(value))
    }

    fn plain(&mut self, bytes: usize) -> Result<(), String> {
        self.take(bytes)?;
        self.stack.push(PLAIN);
        Ok(())
    }

    fn text(&mut self, code: u8) -> Result<(), String> {
        let length = self.length(code)?;
        let bytes = self.take(length)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => self.push(Node::Text(text)),
            // Python 2's strings may hold any bytes; names of tensors are text.
            Err(_) => {
                self.stack.push(PLAIN);
                Ok(())
            }
        }
    }

    /// The length that precedes text, bytes or a long number.
    fn length(&mut self, code: u8) -> Result<usize, String> {
        Ok(match code {
            b'U' | b'C' | 0x8c => usize::from(self.array::<1>()?[0]),
            b'X' | b'T' | b'B' | 0x8b => u32::from_le_bytes(self.array()?) as usize,
            _ => usize::try_from(u64::from_le_bytes(self.array()?)).unwrap_or(usize::MAX),
        })
    }

    fn dict(&mut self, code: u8) -> Result<(), String> {
        let items = if code == b'd' {
            self.pop_to_mark()?
        } else {
            Vec::new()
        };
        let pairs = in_pairs(&items)?;
        self.push(Node::Dict { base: None, pairs })
    }

    fn append(&mut self, code: u8) -> Result<(), String> {
        let items = if code == b'a' {
            vec![self.pop()?]
        } else {
            self.pop_to_mark()?
        };
        match self.top_node()? {
            Node::List(list) => list.extend(items),
            _ => return Err("its pickle appends to something that is not a list".into()),
        }
        Ok(())
    }

    fn set_items(&mut self, code: u8) -> Result<(), String> {
        let items = if code == b's' {
            let from = self.height_without(2)?;
            self.stack.split_off(from)
        } else {
            self.pop_to_mark()?
        };
        let items = in_pairs(&items)?;
        match self.top_node()? {
            Node::Dict { pairs, .. } => pairs.extend(items),
            _ => return Err("its pickle sets items of something that is not a dictionary".into()),
        }
        Ok(())
    }

    fn remember(&mut self, code: u8) -> Result<(), String> {
        let place = match code {
            0x94 => self.memo.len() as u32,
            _ => self.memo_place(code == b'q')?,
        };
        self.memo.insert(place, self.top()?);
        Ok(())
    }

    fn recall(&mut self, code: u8) -> Result<(), String> {
        let place = self.memo_place(code == b'h')?;
        let id = self.memo.get(&place);
        self.stack
            .push(*id.ok_or("its pickle fetches a value that it never stored")?);
        Ok(())
    }

    fn memo_place(&mut self, short: bool) -> Result<u32, String> {
        Ok(if short {
            u32::from(self.array::<1>()?[0])
        } else {
            u32::from_le_bytes(self.array()?)
        })
    }

    fn global(&mut self, code: u8) -> Result<(), String> {
        let (module, name) = if code == b'c' {
            (self.line()?, self.line()?)
        } else {
            let name = self.pop()?;
            let module = self.pop()?;
            match (&self.nodes[module as usize], &self.nodes[name as usize]) {
                (Node::Text(module), Node::Text(name)) => (*module, *name),
                _ => return Err("its pickle names something by a value that is not text".into()),
            }
        };
        let global = global::known(module, name)?;
        self.push(Node::Global(global))
    }

    /// A persistent id: `("storage", type, key, location, values[, view])`.
    fn storage(&mut self) -> Result<(), String> {
        let id = self.pop()?;
        let Node::List(parts) = &self.nodes[id as usize] else {
            return Err("its pickle refers to a storage by something that is not a tuple".into());
        };
        let node = |at: usize| parts.get(at).map(|id| &self.nodes[*id as usize]);
        let [
            Some(Node::Text("storage")),
            Some(Node::Global(Global::Storage(element))),
            Some(Node::Text(key)),
            Some(Node::Int(values)),
        ] = [0, 1, 2, 4].map(node)
        else {
            return Err("its pickle refers to a storage in a way that torch.save does not".into());
        };
        if !matches!(node(5), None | Some(Node::Plain)) {
            return Err(
                "its storages are views of others, as PyTorch before 0.4 wrote them".into(),
            );
        }
        let values = usize::try_from(*values).map_err(|_| "a storage has a negative size")?;
        let (element, key) = (*element, *key);
        self.push(Node::Storage(Box::new(Storage {
            element,
            key,
            values,
        })))
    }

    fn call(&mut self) -> Result<(), String> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let Node::List(arguments) = &self.nodes[arguments as usize] else {
            return Err("its pickle calls with something that is not a tuple".into());
        };
        match &self.nodes[function as usize] {
            Node::Global(Global::OrderedDict) => {
                let (base, pairs) = (arguments.first().copied(), Vec::new());
                self.push(Node::Dict { base, pairs })
            }
            Node::Global(Global::Parameter) => {
                let tensor = arguments.first().ok_or("a parameter has no tensor")?;
                self.stack.push(*tensor);
                Ok(())
            }
            Node::Global(Global::Tensor) => {
                let tensor = self.tensor(arguments)?;
                self.push(Node::Tensor(Box::new(tensor)))
            }
            _ => Err("its pickle calls something other than torch.save's functions".into()),
        }
    }

    /// `(storage, offset, shape, strides, ...)`.
    fn tensor(&self, arguments: &[Id]) -> Result<Tensor, String> {
        let &[storage, offset, shape, strides, ..] = arguments else {
            return Err("a tensor has too few parts".into());
        };
        let tensor = Tensor {
            storage,
            offset: self.size(offset)?,
            shape: self.sizes(shape)?,
            strides: self.sizes(strides)?,
        };
        if !matches!(self.nodes[storage as usize], Node::Storage(_)) {
            return Err("a tensor has no storage".into());
        }
        if tensor.shape.len() != tensor.strides.len() {
            return Err("a tensor has more or fewer strides than extents".into());
        }
        Ok(tensor)
    }

    fn size(&self, id: Id) -> Result<usize, String> {
        match self.nodes[id as usize] {
            Node::Int(value) => usize::try_from(value).map_err(|_| "a size is negative".into()),
            _ => Err("a size is not a number".into()),
        }
    }

    fn sizes(&self, id: Id) -> Result<Vec<usize>, String> {
        match &self.nodes[id as usize] {
            Node::List(ids) if ids.len() <= MOST_EXTENTS => {
                ids.iter().map(|id| self.size(*id)).collect()
            }
            _ => Err(format!(
                "a tensor's shape is not a tuple of up to {MOST_EXTENTS} numbers"
            )),
        }
    }

    /// Attributes of a dictionary, such as `_metadata`, do not affect its tensors.
    fn build(&mut self) -> Result<(), String> {
        self.pop()?;
        match self.top_node()? {
            Node::Dict { .. } => Ok(()),
            _ => Err("its pickle sets attributes of something that is not a dictionary".into()),
        }
    }

    fn push(&mut self, node: Node<'a>) -> Result<(), String> {
        let id = Id::try_from(self.nodes.len()).map_err(|_| "its pickle has too many values")?;
        self.nodes.push(node);
        self.stack.push(id);
        Ok(())
    }

    /// The height of the stack below its `count` topmost values, which no mark separates.
    fn height_without(&self, count: usize) -> Result<usize, String> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let height = self.stack.len().checked_sub(count);
        height
            .filter(|height| *height >= floor)
            .ok_or_else(|| "its pickle pops more values than there are".into())
    }

    fn pop(&mut self) -> Result<Id, String> {
        let id = self.top()?;
        self.stack.pop();
        Ok(id)
    }

    fn top(&self) -> Result<Id, String> {
        Ok(self.stack[self.height_without(1)?])
    }

    fn top_node(&mut self) -> Result<&mut Node<'a>, String> {
        let top = self.top()?;
        Ok(&mut self.nodes[top as usize])
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Id>, String> {
        let mark = self
            .marks
            .pop()
            .ok_or("its pickle has no mark to go back to")?;
        Ok(self.stack.split_off(mark))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or("its pickle is truncated")?;
        *self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn line(&mut self) -> Result<&'a str, String> {
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let line = self.take(end.ok_or("its pickle is truncated")?)?;
        self.take(1)?;
        std::str::from_utf8(line).map_err(|_| "its pickle names something that is not text".into())
    }
}

fn in_pairs(items: &[Id]) -> Result<Vec<(Id, Id)>, String> {
    let (pairs, []) = items.as_chunks::<2>() else {
        return Err("its pickle has a dictionary key without a value".into());
    };
    Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect())
}

/// A little-endian number of two's complement, if 64 bits hold it.
fn long(digits: &[u8]) -> Option<i64> {
    let fill = match digits.last() {
        Some(high) if high & 0x80 != 0 => 0xff,
        _ => 0,
    };
    let mut bytes = [fill; 8];
    bytes.get_mut(..digits.len())?.copy_from_slice(digits);
    Some(i64::from_le_bytes(bytes))
}
