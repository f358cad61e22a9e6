@NullMarked
package io.covey.auth;

import org.jspecify.annotations.NullMarked;
