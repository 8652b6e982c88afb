//! A Vulkan driver that is Mesa's RADV with what its null device lacks for wgpu to open it: memory,
//! of which it has none, and no claim to timeline semaphores, which it cannot make. `cargo xtask
//! isa` compiles for it; what runs on it computes nothing.

#![allow(
    unsafe_code,
    reason = "the loader's interface to drivers is one of C functions"
)]

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    mem::transmute,
    ptr::null_mut,
    sync::OnceLock,
};

unsafe extern "C" {
    fn dlopen(file: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
}

const RTLD_NOW: c_int = 2;

type Function = *mut c_void;
type Negotiate = unsafe extern "C" fn(*mut u32) -> c_int;
type Lookup = unsafe extern "C" fn(*mut c_void, *const c_char) -> Function;
/// A query about the first argument, which fills the second.
type Query<T> = unsafe extern "C" fn(*mut c_void, *mut T);
type Allocate = unsafe extern "C" fn(*mut c_void, *const Allocation, *mut *mut usize) -> c_int;
type Nothing = extern "C" fn() -> c_int;
type BufferQuery = unsafe extern "C" fn(*mut c_void, u64, *mut Requirements);

/// The head of every structure in a chain, and what follows in the one that is looked for.
#[repr(C)]
pub struct Structure {
    kind: u32,
    next: *mut Structure,
    first_field: u32,
}

/// VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES
const TIMELINE_FEATURES: u32 = 1_000_207_000;

/// VkPhysicalDeviceMemoryProperties
#[repr(C)]
pub struct Memory {
    types: u32,
    /// Flags and heap of each.
    type_list: [[u32; 2]; 32],
    heaps: u32,
    heap_list: [Heap; 16],
}

#[repr(C)]
struct Heap {
    bytes: u64,
    flags: u32,
}

/// VkMemoryRequirements
#[repr(C)]
pub struct Requirements {
    bytes: u64,
    alignment: u64,
    types: u32,
}

/// VkCommandBufferAllocateInfo
#[repr(C)]
pub struct Allocation {
    kind: u32,
    next: *const c_void,
    pool: u64,
    level: c_int,
    count: u32,
}

/// A function of RADV's library.
fn exported(name: &CStr) -> Function {
    static LIBRARY: OnceLock<usize> = OnceLock::new();
    // SAFETY: both strings end in zero, and the library stays open as long as the process runs.
    unsafe {
        let open = || dlopen(c"libvulkan_radeon.so".as_ptr(), RTLD_NOW) as usize;
        match *LIBRARY.get_or_init(open) {
            0 => null_mut(),
            library => dlsym(library as *mut c_void, name.as_ptr()),
        }
    }
}

/// # Safety
/// As the loader calls drivers: a pointer to the version it speaks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vk_icdNegotiateLoaderICDInterfaceVersion(version: *mut u32) -> c_int {
    const INITIALIZATION_FAILED: c_int = -3;
    let found = exported(c"vk_icdNegotiateLoaderICDInterfaceVersion");
    if found.is_null() {
        return INITIALIZATION_FAILED;
    }
    // SAFETY: the function of this name has this type.
    unsafe { transmute::<Function, Negotiate>(found)(version) }
}

/// # Safety
/// As the loader calls drivers: an instance or null, and a name that ends in zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vk_icdGetInstanceProcAddr(
    instance: *mut c_void,
    name: *const c_char,
) -> Function {
    // SAFETY: RADV's function of this name has this type.
    unsafe {
        let lookup = exported(c"vk_icdGetInstanceProcAddr");
        wrapped(name, transmute::<Function, Lookup>(lookup)(instance, name))
    }
}

/// # Safety
/// As [`vk_icdGetInstanceProcAddr`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vk_icdGetPhysicalDeviceProcAddr(
    instance: *mut c_void,
    name: *const c_char,
) -> Function {
    // SAFETY: RADV's function of this name has this type.
    unsafe {
        let lookup = exported(c"vk_icdGetPhysicalDeviceProcAddr");
        wrapped(name, transmute::<Function, Lookup>(lookup)(instance, name))
    }
}

static DEVICE_LOOKUP: OnceLock<Lookup> = OnceLock::new();
static FEATURES: OnceLock<Query<Structure>> = OnceLock::new();
static MEMORY: OnceLock<Query<Memory>> = OnceLock::new();
static REQUIREMENTS: OnceLock<BufferQuery> = OnceLock::new();

/// The function that RADV has of this name, or ours around it.
///
/// # Safety
/// The name ends in zero and the function is RADV's of that name, or null.
unsafe fn wrapped(name: *const c_char, found: Function) -> Function {
    if found.is_null() {
        return found;
    }
    // SAFETY: Vulkan gives the functions of these names these types.
    unsafe {
        match CStr::from_ptr(name).to_bytes() {
            b"vkGetDeviceProcAddr" => {
                DEVICE_LOOKUP.get_or_init(|| transmute::<Function, Lookup>(found));
                device_lookup as Lookup as Function
            }
            b"vkGetPhysicalDeviceFeatures2" | b"vkGetPhysicalDeviceFeatures2KHR" => {
                FEATURES.get_or_init(|| transmute::<Function, Query<Structure>>(found));
                features as Query<Structure> as Function
            }
            b"vkGetPhysicalDeviceMemoryProperties" => {
                MEMORY.get_or_init(|| transmute::<Function, Query<Memory>>(found));
                memory as Query<Memory> as Function
            }
            b"vkGetBufferMemoryRequirements" => {
                REQUIREMENTS.get_or_init(|| transmute::<Function, BufferQuery>(found));
                requirements as BufferQuery as Function
            }
            // Commands go nowhere.
            b"vkAllocateCommandBuffers" => allocate as Allocate as Function,
            b"vkBeginCommandBuffer"
            | b"vkEndCommandBuffer"
            | b"vkResetCommandBuffer"
            | b"vkResetCommandPool"
            | b"vkFreeCommandBuffers"
            | b"vkDeviceWaitIdle"
            | b"vkQueueWaitIdle"
            | b"vkQueueSubmit"
            | b"vkWaitForFences"
            | b"vkGetFenceStatus" => nothing as Nothing as Function,
            command if command.starts_with(b"vkCmd") => nothing as Nothing as Function,
            _ => found,
        }
    }
}

unsafe extern "C" fn device_lookup(device: *mut c_void, name: *const c_char) -> Function {
    let Some(lookup) = DEVICE_LOOKUP.get() else {
        return null_mut();
    };
    // SAFETY: the arguments are the caller's.
    unsafe { wrapped(name, lookup(device, name)) }
}

unsafe extern "C" fn features(device: *mut c_void, chain: *mut Structure) {
    // SAFETY: the chain is valid, as the call demands, and a link of that kind has such a field.
    unsafe {
        FEATURES.wait()(device, chain);
        let mut link = chain;
        while !link.is_null() {
            if (*link).kind == TIMELINE_FEATURES {
                (*link).first_field = 0;
            }
            link = (*link).next;
        }
    }
}

unsafe extern "C" fn memory(device: *mut c_void, properties: *mut Memory) {
    const DEVICE_LOCAL_VISIBLE_COHERENT: u32 = 1 | 2 | 4;
    // SAFETY: the properties can be written, as the call demands.
    unsafe {
        MEMORY.wait()(device, properties);
        (*properties).types = 1;
        (*properties).type_list[0] = [DEVICE_LOCAL_VISIBLE_COHERENT, 0];
        (*properties).heaps = 1;
        (*properties).heap_list[0] = Heap {
            bytes: 1 << 36,
            flags: 1,
        };
    }
}

unsafe extern "C" fn requirements(device: *mut c_void, buffer: u64, found: *mut Requirements) {
    // SAFETY: the requirements can be written, as the call demands.
    unsafe {
        REQUIREMENTS.wait()(device, buffer, found);
        (*found).types = 1;
    }
}

/// Stands for functions of any arguments, which the C ABIs of Linux let it ignore.
extern "C" fn nothing() -> c_int {
    0
}

unsafe extern "C" fn allocate(
    _device: *mut c_void,
    allocation: *const Allocation,
    buffers: *mut *mut usize,
) -> c_int {
    /// What the loader looks for where it then keeps its table.
    const LOADER_MAGIC: usize = 0x01CD_C0DE;
    // SAFETY: there is room for as many handles as are asked for, as the call demands.
    unsafe {
        for place in 0..(*allocation).count as usize {
            *buffers.add(place) = Box::into_raw(Box::new([LOADER_MAGIC, 0])).cast();
        }
    }
    0
}
