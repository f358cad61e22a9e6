@NullMarked
package io.covey.server;

import org.jspecify.annotations.NullMarked;
