//! A restricted reader of Python's pickles: only what a dictionary of tensors needs.
//!
//! Nothing is executed. Every opcode adds at most one node, a node holds numbers of other nodes
//! instead of copies, and nothing walks nodes recursively; so neither a memo that is fetched again
//! and again nor deep nesting nor a cycle costs more than its opcodes.
//!
//! Opcodes: Python's `pickletools`, protocols 2 to 5.

mod global;
mod machine;

use ::safetensors::Dtype;
use global::Global;
use std::collections::BTreeMap;

/// The place of a node in its pickle.
pub(super) type Id = u32;

/// One value.
#[derive(Debug)]
pub(super) enum Node<'a> {
    /// None, a fraction, bytes: nothing that a tensor is made of.
    Plain,
    Truth(bool),
    Int(i64),
    Text(&'a str),
    /// A list, a tuple or a set.
    List(Vec<Id>),
    /// Keys and values, after the pairs of the list `base`.
    Dict {
        base: Option<Id>,
        pairs: Vec<(Id, Id)>,
    },
    Global(Global),
    Storage(Box<Storage<'a>>),
    Tensor(Box<Tensor>),
}

/// Where values of one element type lie, under a key of the file around the pickle.
#[derive(Debug)]
pub(super) struct Storage<'a> {
    pub(super) element: Dtype,
    pub(super) key: &'a str,
    /// Values, as the pickle claims.
    pub(super) values: usize,
}

/// A view of a storage, as the pickle claims.
#[derive(Debug)]
pub(super) struct Tensor {
    pub(super) storage: Id,
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    pub(super) strides: Vec<usize>,
}

/// More extents than any weight has.
const MOST_EXTENTS: usize = 8;

/// A pickle that was read to its end.
pub(super) struct Pickle<'a> {
    nodes: Vec<Node<'a>>,
    root: Id,
}

impl<'a> Pickle<'a> {
    /// Reads one pickle from the start of `rest` and leaves what follows it.
    pub(super) fn read(rest: &mut &'a [u8]) -> Result<Self, String> {
        let (nodes, root) = machine::run(rest)?;
        Ok(Self { nodes, root })
    }

    pub(super) fn root(&self) -> &Node<'a> {
        self.node(self.root)
    }

    pub(super) fn node(&self, id: Id) -> &Node<'a> {
        &self.nodes[id as usize]
    }

    pub(super) fn nodes(&self) -> &[Node<'a>] {
        &self.nodes
    }

    /// The pairs of a dictionary whose keys are text; later ones replace earlier ones.
    pub(super) fn entries(&self, dict: &Node<'a>) -> BTreeMap<&'a str, &Node<'a>> {
        let Node::Dict { base, pairs } = dict else {
            return BTreeMap::new();
        };
        let listed = match base.map(|id| self.node(id)) {
            Some(Node::List(items)) => items.as_slice(),
            _ => &[],
        };
        let listed = listed.iter().filter_map(|id| match self.node(*id) {
            Node::List(pair) => pair
                .as_slice()
                .try_into()
                .ok()
                .map(|[k, v]: [Id; 2]| (k, v)),
            _ => None,
        });
        listed
            .chain(pairs.iter().copied())
            .filter_map(|(key, value)| match self.node(key) {
                Node::Text(key) => Some((*key, self.node(value))),
                _ => None,
            })
            .collect()
    }
}
