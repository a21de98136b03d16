#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

// Debian's Abseil is compiled without ThreadSanitizer, which therefore does not see that its mutexes order
// anything and reports a race on whatever they guard. The linker sends the program's calls through these
// wrappers (--wrap), which tell it. Linked with --config=tsan alone.

extern "C" {
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
}

namespace {

// Locking and unlocking evaluate conditions, also those of other threads, while the mutex is held inside the
// library: reads that are ordered in a way that cannot be seen from outside.
class IgnoreConditions {
 public:
  IgnoreConditions() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
  ~IgnoreConditions() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
};

// Runs `call`, after which whatever was released on `object` before has happened.
template <typename Call>
auto Acquiring(const void* object, Call call) {
  struct AtEnd {
    const void* object;
    ~AtEnd() { __tsan_acquire(const_cast<void*>(object)); }
  } at_end{object};
  const IgnoreConditions ignore;
  return call();
}

template <typename Call>
auto Releasing(const void* object, Call call) {
  __tsan_release(const_cast<void*>(object));
  const IgnoreConditions ignore;
  return call();
}

// Waiting with a mutex held lets go of it and takes it again.
template <typename Call>
auto ReleasingAndAcquiring(const void* object, Call call) {
  return Releasing(object, [&] { return Acquiring(object, call); });
}

}  // namespace

// NAME is what the linker knows the function as; the object is its first argument.
#define TWOFOLD_WRAP_0(order, result, NAME, object_type)         \
  extern "C" result __real_##NAME(object_type* object);          \
  extern "C" result __wrap_##NAME(object_type* object) {         \
    return order(object, [=] { return __real_##NAME(object); }); \
  }
#define TWOFOLD_WRAP_1(order, result, NAME, object_type, A)         \
  extern "C" result __real_##NAME(object_type* object, A a);        \
  extern "C" result __wrap_##NAME(object_type* object, A a) {       \
    return order(object, [&] { return __real_##NAME(object, a); }); \
  }
#define TWOFOLD_WRAP_2(order, result, NAME, object_type, A, B)         \
  extern "C" result __real_##NAME(object_type* object, A a, B b);      \
  extern "C" result __wrap_##NAME(object_type* object, A a, B b) {     \
    return order(object, [&] { return __real_##NAME(object, a, b); }); \
  }

using absl::Condition;
using absl::Duration;
using absl::Mutex;
using absl::Notification;
using absl::Time;

TWOFOLD_WRAP_0(Acquiring, void, _ZN4absl7debian35Mutex4LockEv, Mutex)
TWOFOLD_WRAP_0(Acquiring, bool, _ZN4absl7debian35Mutex7TryLockEv, Mutex)
TWOFOLD_WRAP_0(Acquiring, void, _ZN4absl7debian35Mutex10ReaderLockEv, Mutex)
TWOFOLD_WRAP_0(Releasing, void, _ZN4absl7debian35Mutex6UnlockEv, Mutex)
TWOFOLD_WRAP_0(Releasing, void, _ZN4absl7debian35Mutex12ReaderUnlockEv, Mutex)
TWOFOLD_WRAP_1(Acquiring, void, _ZN4absl7debian35Mutex8LockWhenERKNS0_9ConditionE, Mutex, const Condition&)
TWOFOLD_WRAP_2(Acquiring, bool, _ZN4absl7debian35Mutex19LockWhenWithTimeoutERKNS0_9ConditionENS0_8DurationE,
               Mutex, const Condition&, Duration)
TWOFOLD_WRAP_2(Acquiring, bool, _ZN4absl7debian35Mutex20LockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE,
               Mutex, const Condition&, Time)
TWOFOLD_WRAP_1(ReleasingAndAcquiring, void, _ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE, Mutex,
               const Condition&)
TWOFOLD_WRAP_2(ReleasingAndAcquiring, bool,
               _ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE, Mutex,
               const Condition&, Duration)
TWOFOLD_WRAP_2(ReleasingAndAcquiring, bool,
               _ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE, Mutex, const Condition&,
               Time)
TWOFOLD_WRAP_0(Releasing, void, _ZN4absl7debian312Notification6NotifyEv, Notification)
TWOFOLD_WRAP_0(Acquiring, void, _ZNK4absl7debian312Notification19WaitForNotificationEv, const Notification)
TWOFOLD_WRAP_1(Acquiring, bool,
               _ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE,
               const Notification, Duration)

// Here it is the argument that is let go of and taken again.
extern "C" void __real__ZN4absl7debian37CondVar4WaitEPNS0_5MutexE(absl::CondVar* condition, Mutex* mutex);
extern "C" void __wrap__ZN4absl7debian37CondVar4WaitEPNS0_5MutexE(absl::CondVar* condition, Mutex* mutex) {
  ReleasingAndAcquiring(mutex, [=] { __real__ZN4absl7debian37CondVar4WaitEPNS0_5MutexE(condition, mutex); });
}
