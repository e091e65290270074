/* SPDX-License-Identifier: Apache-2.0
 * A storage plugin "sample" that does nothing, well, and with a DEFECT_… one thing wrong. */
#include <lxcx/abi.h>
#include <stdlib.h>

#ifndef SAMPLE_KIND
#define SAMPLE_KIND "storage"
#endif
#ifndef SAMPLE_NAME
#define SAMPLE_NAME "sample"
#endif
#ifndef SAMPLE_VERSION
#define SAMPLE_VERSION "1.0.0"
#endif
#ifndef SAMPLE_MAJOR
#define SAMPLE_MAJOR LXCX_ABI_MAJOR
#endif
#ifndef SAMPLE_MINOR
#define SAMPLE_MINOR LXCX_ABI_MINOR
#endif
#ifndef SAMPLE_DESCRIPTOR_SIZE
#define SAMPLE_DESCRIPTOR_SIZE sizeof(lxcx_plugin_descriptor)
#endif
#ifndef SAMPLE_TABLE_SIZE
#define SAMPLE_TABLE_SIZE sizeof(lxcx_storage_ops)
#endif

#ifdef DEFECT_UNDEFINED_SYMBOL
void lxcx_test_nobody_defines_this(void);
#endif

#ifdef DEFECT_CONSTRUCTOR_ABORTS
__attribute__((constructor)) static void explode(void) { abort(); }
#endif

static lxcx_str text(const char* s) {
  lxcx_str t = {s, 0};
  while (s[t.size] != '\0') ++t.size;
  return t;
}

static lxcx_code create(lxcx_call* call, const lxcx_volume* v, uint64_t size_bytes) {
  (void)v;
  if (size_bytes == 13) return LXCX_BUSY; /* a failure that reports nothing */
  if (size_bytes == 14) return (lxcx_code)99;
#ifdef DEFECT_UNDEFINED_SYMBOL
  lxcx_test_nobody_defines_this();
#endif
  if (size_bytes != 15) call->ops->result(call, text("source"), text("/sample"));
  return LXCX_OK;
}
static lxcx_code destroy(lxcx_call* call, const lxcx_volume* v) {
  (void)v;
  return call->ops->fail(call, LXCX_DENIED, 13, text("not this one"), text("try another"));
}
static lxcx_code attach(lxcx_call* call, const lxcx_volume* v, int* mount_fd) {
  (void)call, (void)v, (void)mount_fd; /* claims success and returns no mount */
  return LXCX_OK;
}
static lxcx_code detach(lxcx_call* call, const lxcx_volume* v) {
  (void)v;
  return call->ops->record(call, text("key"), text("value"));
}
static lxcx_code usage(lxcx_call* call, const lxcx_volume* v, uint64_t* used, uint64_t* limit) {
  (void)call, (void)v;
  *used = 42, *limit = 0;
  return LXCX_OK;
}

static const lxcx_storage_ops table = {
    .size = SAMPLE_TABLE_SIZE,
    .create = create,
    .destroy = destroy,
    .attach = attach,
#ifndef DEFECT_NULL_VERB
    .detach = detach,
#endif
    .usage = usage,
};
#ifdef DEFECT_NULL_VERB
lxcx_code (*const unused)(lxcx_call*, const lxcx_volume*) = detach;
#endif

#ifndef DEFECT_NO_DESCRIPTOR
__attribute__((visibility("default"))) const lxcx_plugin_descriptor lxcx_plugin = {
    SAMPLE_DESCRIPTOR_SIZE, SAMPLE_MAJOR, SAMPLE_MINOR, SAMPLE_KIND, SAMPLE_NAME, SAMPLE_VERSION, "A sample", "Apache-2.0", &table,
};
#else
__attribute__((visibility("default"))) const lxcx_storage_ops* lxcx_test_table = &table;
#endif
