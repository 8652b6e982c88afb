//! Reference models against their original implementations.

mod cifar;
mod efficientnet_lite;
mod opening;
mod recorded;
mod resnet;
