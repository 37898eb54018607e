#ifndef FORETWIN_CLMDB_SHIM_H
#define FORETWIN_CLMDB_SHIM_H

#include <lmdb.h>

#ifdef __linux__
// statfs, to recognise network file systems; Swift's Glibc module leaves it out.
#include <sys/vfs.h>
#endif

#endif
