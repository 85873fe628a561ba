# %% [markdown]
# # Lecture 01 · Introduction
#
# *Open your eyes and you know where the cup stands, whose face that is and that the cat is about to jump.*
# *It takes no effort, so for a long time people thought it could not be hard.*
# *In 1966 it was given to a group of students as a project for one summer; this lecture is about what happened since.*
#
# When you have worked through it, you will be able to
#
# - say what a computer is asked to do when it is asked to see, and why that is not measuring light;
# - handle a picture as an array: axes, channels, bytes, slices, views, and the traps of each;
# - build, each in a few lines, the ideas on which sixty years of computer vision stand: edges, parts on springs, normalized cuts, matching of SIFT features, the integral image and the face detector's features, HOG, spatial pyramids;
# - say what changed in 2012, and what the rest of this course is about.
#
# {{contents}}
#
# The exercises do not need each other, so you can leave out a hard one (★★★) and come back to it.
# Below each stands a cell with `vc.check`: it tells you at once whether your code is right and, if not, what probably went wrong.
# `vc.hint("to-gray")` opens the hints of an exercise one by one, and `vc.progress()` draws what you have done.

# %% given
import matplotlib.pyplot as plt
import numpy as np
from scipy import linalg, ndimage, spatial
from skimage import color, data, feature, transform
from sklearn.ensemble import AdaBoostClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

import visioncourse as vc

vc.setup("lectures/01_introduction")

# %% given
def side_by_side(images, names, title, height=3.0):
    """Pictures in one row, gray where they have no colours; returns the axes, to draw on."""
    widths = [image.shape[1] / image.shape[0] for image in images]
    figure, panels = plt.subplots(1, len(images), figsize=(height * sum(widths), height + 0.7), width_ratios=widths, squeeze=False, layout="constrained")
    for ax, image, name in zip(panels[0], images, names):
        ax.imshow(image, cmap="gray", interpolation="nearest")
        ax.set_title(name, fontsize=10)
        ax.axis("off")
    figure.suptitle(title)
    return panels[0]

# %% [markdown]
# ## 1 · What is seeing?
#
# What is in these photographs, and where?
# Count how many things you could say about each: what stands in front of what, what it is made of, what would happen next.

# %%
names = ["coffee", "chelsea", "motorcycle", "astronaut"]
side_by_side([vc.data.photo(name) for name in names], ["", "", "", ""], "Look at each for one second. What did you see?", height=2.5);

# %% [markdown]
# David Marr opened his book *Vision* (1982) with the plain answer, which he traced to Aristotle: to see is **to know what is where by looking**.
# A machine that does it turns an array of brightnesses into statements about a world.
#
# Is the eye then an instrument that measures brightness, only a very good one?
# Here is a test.
#
# *Predict:* the next picture shows two small squares.
# Which one has the larger numbers?

# %%
scene = np.tile(np.linspace(0.1, 0.9, 300), (120, 1))      # darker on the left, brighter on the right
scene[45:75, 40:70] = 0.5
scene[45:75, 230:260] = 0.5
side_by_side([scene], [""], "Which of the two squares is brighter?", height=2.2);

# %%
left_square, right_square = scene[45:75, 40:70], scene[45:75, 230:260]
print("left: ", np.unique(left_square), "  right:", np.unique(right_square))

# %% [markdown]
# The numbers are equal, and knowing it does not help.
# Your eyes do not report light; they report a guess about the *surface*: something that sends as much light as its dim surroundings do not must be a bright thing in the shade.
# Hermann von Helmholtz called this unconscious inference (1867).
#
# There is no way round guessing.
# A picture has lost the third dimension, and it mixes up the light, the material and the shape: a gray pixel may be white paper in the shade or coal in the sun.
# Endlessly many worlds fit every photograph, and seeing means to choose a likely one.
# That takes knowledge about what worlds are like, and the question that runs through this lecture is: **who puts that knowledge in?**
# For forty years the answer was: the programmer.

# %% [markdown]
# ## 2 · A picture is an array
#
# What does the machine start from?

# %%
photo = vc.data.photo("chelsea")
H, W, C = photo.shape
print(f"{H} rows, {W} columns, {C} channels; {photo.dtype}, values from {photo.min()} to {photo.max()}; {photo.nbytes:,} bytes")
print("the pixel in row 115, column 175:", photo[115, 175])

# %% [markdown]
# **Axes.** The first index is the *row*, and rows count downwards; the second is the *column*; the third is the *channel*: red, green, blue.
# So `photo[y, x]`, not `photo[x, y]`; most bugs with pictures are one of these two letters.
#
# **Bytes.** Each number is a `uint8`, a whole number from 0 to 255.
#
# *Predict:* six slices follow.
# Which picture does each make?
# Say it before you run the cell, the last one above all.

# %%
slices = {
    "photo[80:160, 120:220]": photo[80:160, 120:220],
    "photo[::-1]": photo[::-1],
    "photo[:, ::-1]": photo[:, ::-1],
    "photo[::10, ::10]": photo[::10, ::10],
    "photo[:, :, 0]": photo[:, :, 0],
    "photo[:, :, ::-1]": photo[:, :, ::-1],
}

# %%
side_by_side(list(slices.values())[:3], list(slices)[:3], "A part, upside down, in the mirror: cutting rows and columns", height=2.2)
side_by_side(list(slices.values())[3:], list(slices)[3:], "Every tenth pixel, one channel, and red taken for blue", height=2.2);

# %% [markdown]
# The last picture is what you get when one program writes red first and another reads blue first, as OpenCV does.
# A blue cat is the mild form; a network trained on RGB and used on BGR is worse, because it still answers.
#
# **Views.** None of these slices copied a pixel.
#
# *Predict:* the next cell inverts a slice.
# What happens to the array that the slice was taken from?

# %%
canvas = photo.copy()
eye = canvas[80:160, 120:220]
eye[:] = 255 - eye
side_by_side([photo, canvas], ["photo", "canvas"], f"Only `eye` was changed. Shared memory: {np.shares_memory(eye, canvas)}", height=2.2);

# %% [markdown]
# A slice is a **view**: another way of looking at the same numbers.
# That makes cutting free, and it makes `eye[:] = …` change the canvas; `photo.copy()` kept the photograph safe.
#
# One more trap, the most expensive of all.
#
# *Predict:* brighten a pixel of 200 by 100.
# What comes out?

# %%
np.array([200], dtype=np.uint8) + np.uint8(100)

# %% [markdown]
# Bytes wrap round at 256 without a warning: 300 became 44, and white became dark.
# Turn bytes into floats *before* you calculate, and divide by 255, so that black is 0 and white is 1.
#
# ### One number per pixel
#
# Most of what follows asks where it is bright and where dark, and does not need colour.
# How bright is a colour?
# Eyes are much more sensitive to green than to blue, so the three channels do not count equally.
# scikit-image, following the standard for television (ITU-R BT.709, which today rounds a little differently), weighs them
#
# $$Y = 0.2125\,R + 0.7154\,G + 0.0721\,B$$

# %% [markdown]
# ### Exercise · To gray (★☆☆ · 5 minutes)
#
# Write `to_gray(image)`: it takes a picture of shape $(H, W, 3)$, either bytes (`uint8`) from 0 to 255 or floats that already run from 0 to 1, and returns its brightness $Y$ as floats from 0 to 1, of shape $(H, W)$.

# %% solve="to-gray"
def to_gray(image):
    """Brightness (H, W) from 0 to 1 of a picture (H, W, 3) of bytes, or of floats from 0 to 1."""
    ### BEGIN SOLUTION
    if image.dtype == np.uint8:
        image = image / 255
    return image @ np.array([0.2125, 0.7154, 0.0721])
    ### END SOLUTION

# %% check="to-gray" points=1
vc.assert_close(to_gray(np.full((2, 3, 3), 255, dtype=np.uint8)), np.ones((2, 3)), "a picture of bytes that is white everywhere")
vc.assert_close(to_gray(np.array([[[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]])), [[0.2125, 0.7154, 0.0721]], "one red, one green and one blue pixel, as floats")
### BEGIN HIDDEN TESTS
from skimage.color import rgb2gray
coloured = rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)
vc.assert_close(to_gray(coloured), rgb2gray(coloured), "brightness of random bytes of shape (5, 7, 3)")
night = rng.integers(0, 2, (4, 3, 3), dtype=np.uint8)
vc.assert_close(to_gray(night), rgb2gray(night), "brightness of a very dark picture of bytes, all of them 0 or 1")
bright = rng.random((3, 6, 3))
kept = bright.copy()
vc.assert_close(to_gray(bright), rgb2gray(bright), "brightness of random floats of shape (3, 6, 3)")
assert np.array_equal(bright, kept), "the picture that came in must not be changed"
vc.assert_close(to_gray(bright.astype(np.float32)), rgb2gray(bright), "brightness of float32 numbers", rtol=1e-4)
### END HIDDEN TESTS

# %% wrong="to-gray" why="weighed the three channels equally"
def to_gray(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return image.mean(axis=2)

# %% wrong="to-gray" why="used the weights in the order blue, green, red"
def to_gray(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return image @ np.array([0.0721, 0.7154, 0.2125])

# %% wrong="to-gray" why="did not divide bytes by 255"
def to_gray(image):
    return image @ np.array([0.2125, 0.7154, 0.0721])

# %% wrong="to-gray" why="divided floats by 255 too; they run from 0 to 1 already"
def to_gray(image):
    return image / 255 @ np.array([0.2125, 0.7154, 0.0721])

# %% wrong="to-gray" why="told bytes from floats by their largest value; a dark picture of bytes may have no value above 1, its dtype says what it is"
def to_gray(image):
    image = image / 255 if image.max() > 1 else image
    return image @ np.array([0.2125, 0.7154, 0.0721])

# %% wrong="to-gray" why="added up the channels while they were bytes, where sums wrap round at 256"
def to_gray(image):
    total = (image[:, :, 0] + image[:, :, 1] + image[:, :, 2]) / 3
    return total / 255 if image.dtype == np.uint8 else total

# %% wrong="to-gray" why="used the older weights 0.299, 0.587, 0.114"
def to_gray(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return image @ np.array([0.299, 0.587, 0.114])

# %% wrong="to-gray" why="returned bytes from 0 to 255, where floats from 0 to 1 are asked for"
def to_gray(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return np.round(255 * (image @ np.array([0.2125, 0.7154, 0.0721]))).astype(np.uint8)

# %% wrong="to-gray" why="rounded to steps of 1/255, as if the result were bytes"
def to_gray(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return np.round(255 * (image @ np.array([0.2125, 0.7154, 0.0721]))) / 255

# %% wrong="to-gray" why="kept an axis of length 1 for the channel"
def to_gray(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return (image * [0.2125, 0.7154, 0.0721]).sum(axis=2, keepdims=True)

# %% wrong="to-gray" why="took the largest of the three channels"
def to_gray(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return image.max(axis=2)

# %% wrong="to-gray" why="divided bytes with //, which leaves only 0 and 1"
def to_gray(image):
    image = image // 255 if image.dtype == np.uint8 else image
    return image @ np.array([0.2125, 0.7154, 0.0721])

# %% wrong="to-gray" why="changed the picture that was given by calculating in place"
def to_gray(image):
    image = image / 255 if image.dtype == np.uint8 else image
    image *= np.array([0.2125, 0.7154, 0.0721], dtype=image.dtype)
    return image.sum(axis=2)

# %% wrong="to-gray" why="divided by 256; the largest byte is 255"
def to_gray(image):
    image = image / 256 if image.dtype == np.uint8 else image
    return image @ np.array([0.2125, 0.7154, 0.0721])

# %% wrong="to-gray" why="wrote the brightness into an array of bytes, which cuts off everything behind the point"
def to_gray(image):
    gray = np.zeros(image.shape[:2], dtype=image.dtype)
    gray[:] = image @ np.array([0.2125, 0.7154, 0.0721])
    return gray / 255 if image.dtype == np.uint8 else gray

# %% right="to-gray" how="channel by channel"
def to_gray(image):
    scale = 255 if image.dtype == np.uint8 else 1
    R, G, B = image[:, :, 0], image[:, :, 1], image[:, :, 2]
    return (0.2125 * R + 0.7154 * G + 0.0721 * B) / scale

# %% right="to-gray" how="with loops over the pixels"
def to_gray(image):
    gray = np.zeros(image.shape[:2])
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            r, g, b = [float(v) for v in image[y, x]]
            gray[y, x] = 0.2125 * r + 0.7154 * g + 0.0721 * b
    return gray / 255 if image.dtype == np.uint8 else gray

# %% right="to-gray" how="with einsum"
def to_gray(image):
    weights = np.array([0.2125, 0.7154, 0.0721]) / (255 if image.dtype == np.uint8 else 1)
    return np.einsum("hwc,c->hw", image, weights)

# %% right="to-gray" how="in float32"
def to_gray(image):
    image = image.astype(np.float32) / np.float32(255 if image.dtype == np.uint8 else 1)
    return image @ np.array([0.2125, 0.7154, 0.0721], dtype=np.float32)

# %% right="to-gray" how="with scikit-image"
def to_gray(image):
    return color.rgb2gray(image)

# %% [markdown] hint="to-gray"
# `image.dtype == np.uint8` tells bytes from floats. Which of the two has to be divided by something?

# %% [markdown] hint="to-gray"
# `image @ w` multiplies the last axis of `image` with a vector `w` and adds up. What must `w` be?

# %% [markdown]
# Gray throws something away.
#
# *Predict:* the left picture below is made of two colours only, chosen with the weights in mind.
# What will be left of it in gray?

# %%
board = np.indices((8, 8)).sum(axis=0) % 2 == 0
dark_green = 0.2125 / 0.7154                               # as bright as full red, by the formula
tiles = np.where(board[:, :, None], [1.0, 0, 0], [0, dark_green, 0])
gray_tiles = np.stack([to_gray(tiles)] * 3, axis=2)        # as a colour picture with three equal channels
side_by_side([tiles, gray_tiles], ["red and green", f"in gray: from {to_gray(tiles).min():.4f} to {to_gray(tiles).max():.4f}"],
             "A chessboard that has no brightness edges at all", height=2.2);

# %% [markdown]
# ## 3 · Edges, and two scientists with a cat
#
# What does a brain do first with the light?
# In 1958 David Hubel and Torsten Wiesel listened to single cells at the back of a cat's brain while they showed the cat spots of light.
# The cells were bored.
# One answered at last when they moved a glass slide into the projector: not to what was on it, but to the faint straight shadow of its **edge**.
# They found that a cell wants an edge or a bar *at its place* and *in its direction* (1959, 1962; Nobel prize 1981).
#
# Such a *simple cell* can be written as a small array of weights: positive along a strip, negative beside it.
# Its answer is the sum of weight times light.
#
# *Predict:* the cell below wants a bright upright bar.
# How will its answer change as the bar turns?

# %%
y, x = np.mgrid[-15:16, -15:16]
cell = np.exp(-(x**2 + y**2) / 60) * np.cos(2 * np.pi * x / 12)        # a Gabor function: Daugman (1980), Marcelja (1980)
cell -= cell.mean()

def bar(degrees):
    """A bright bar through the middle, turned by so many degrees from upright."""
    across = x * np.cos(np.radians(degrees)) + y * np.sin(np.radians(degrees))
    return (np.abs(across) < 2.5).astype(float)

# %%
angles = np.arange(-90, 91, 10)
answers = [(cell * bar(degrees)).sum() for degrees in angles]
side_by_side([cell, bar(0), bar(30), bar(90)], ["weights of one cell", "bar at 0°", "bar at 30°", "bar at 90°"], "What the cell wants, and what it is shown", height=1.8);

# %%
vc.curves({"answer of the cell": answers}, x=angles, xlabel="direction of the bar (degrees)", ylabel="sum of weight × light",
          title="One direction makes it fire; most leave it cold")

# %% [markdown]
# Why edges?
# Inside a surface the light changes little; where it jumps there is the border of a thing, a fold, a shadow or a mark.
# A drawing has nothing but edges, and you recognise it.
#
# ### The slope of a picture
#
# The smallest cell that feels an edge compares the pixel on the right with the one on the left.
# To be less shaken by noise, Irwin Sobel and Gary Feldman (1968) also asked the rows above and below, and counted the middle row twice:
#
# $$K_x = \frac18 \begin{bmatrix} -1 & 0 & 1 \\ -2 & 0 & 2 \\ -1 & 0 & 1 \end{bmatrix} \qquad K_y = \frac18 \begin{bmatrix} -1 & -2 & -1 \\ 0 & 0 & 0 \\ 1 & 2 & 1 \end{bmatrix}$$
#
# Lay the $3 \times 3$ numbers over each pixel and its eight neighbours, multiply, add up:
#
# $$g_x[i, j] = \sum_{a=-1}^{1} \sum_{b=-1}^{1} K_x[a, b] \; \text{gray}[i + a, j + b]$$
#
# Divided by 8, the answer is the **slope**: where the picture gets brighter by 1 with every column, $g_x = 1$ and $g_y = 0$.
# $g_x$ is positive where it gets brighter to the *right*, $g_y$ where it gets brighter *downwards*.
# (Turning the kernel by 180° before laying it on would be a *convolution*; without, as here, it is called correlation. Lecture 05 returns to this.)

# %% [markdown]
# ### Exercise · Sobel (★★☆ · 15 minutes)
#
# Write `sobel(gray)`, which takes floats of shape $(H, W)$ and returns `gx` and `gy`, each of the *same* shape, by the formula above.
# Outside the picture, take the nearest pixel of the picture: its border is repeated once.

# %% solve="sobel-edges"
def sobel(gray):
    """gx, gy: the slope to the right and downwards at each pixel, each (H, W); the border is repeated."""
    ### BEGIN SOLUTION
    p = np.pad(gray, 1, mode="edge")
    right, down = p[:, 2:] - p[:, :-2], p[2:] - p[:-2]     # (H + 2, W), (H, W + 2)
    gx = (right[:-2] + 2 * right[1:-1] + right[2:]) / 8
    gy = (down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]) / 8
    ### END SOLUTION
    return gx, gy

# %% check="sobel-edges" points=2
slope_x, slope_y = sobel(np.array([[0.0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3]]))
vc.assert_close(slope_x, [[0.5, 1, 1, 0.5]] * 3, "gx where each column is brighter by 1 (half of that at the border, which is repeated)")
vc.assert_close(slope_y, np.zeros((3, 4)), "gy where all rows are equal")
### BEGIN HIDDEN TESTS
from scipy.ndimage import sobel as library_sobel
def compare_slopes(*shape):
    plain = vc.draw(rng, shape)
    kept = plain.copy()
    slope_x, slope_y = sobel(plain)
    vc.assert_close(slope_x, library_sobel(plain, axis=1, mode="nearest") / 8, f"gx of a random picture of shape {shape}")
    vc.assert_close(slope_y, library_sobel(plain, axis=0, mode="nearest") / 8, f"gy of a random picture of shape {shape}")
    assert np.array_equal(plain, kept), "the picture that came in must not be changed"
compare_slopes(7, 4)
compare_slopes(3, 9)
compare_slopes(1, 5)
compare_slopes(6, 1)
compare_slopes(1, 1)
plain = vc.draw(rng, (5, 6), dtype=np.float32)
slope_x, slope_y = sobel(plain)
vc.assert_close(slope_x, library_sobel(plain.astype(float), axis=1, mode="nearest") / 8, "gx of float32 numbers", rtol=1e-4, atol=1e-6)
### END HIDDEN TESTS

# %% wrong="sobel-edges" why="turned the kernels round (a true convolution), which flips both signs"
def sobel(gray):
    p = np.pad(gray, 1, mode="edge")
    left, up = p[:, :-2] - p[:, 2:], p[:-2] - p[2:]
    return (left[:-2] + 2 * left[1:-1] + left[2:]) / 8, (up[:, :-2] + 2 * up[:, 1:-1] + up[:, 2:]) / 8

# %% wrong="sobel-edges" why="returned gy before gx"
def sobel(gray):
    return ndimage.sobel(gray, axis=0, mode="nearest") / 8, ndimage.sobel(gray, axis=1, mode="nearest") / 8

# %% wrong="sobel-edges" why="put zeros around the picture, which makes an edge along its border"
def sobel(gray):
    return ndimage.sobel(gray, axis=1, mode="constant") / 8, ndimage.sobel(gray, axis=0, mode="constant") / 8

# %% wrong="sobel-edges" why="let the picture wrap round, so that the left border meets the right one (np.roll does that)"
def sobel(gray):
    return ndimage.sobel(gray, axis=1, mode="wrap") / 8, ndimage.sobel(gray, axis=0, mode="wrap") / 8

# %% wrong="sobel-edges" why="mirrored the picture about its border pixels (mode='reflect' of np.pad), where the border pixel itself is repeated (mode='edge')"
def sobel(gray):
    return ndimage.sobel(gray, axis=1, mode="mirror") / 8, ndimage.sobel(gray, axis=0, mode="mirror") / 8

# %% wrong="sobel-edges" why="left out the padding, so that a row and a column are lost on each side"
def sobel(gray):
    right, down = gray[:, 2:] - gray[:, :-2], gray[2:] - gray[:-2]
    return (right[:-2] + 2 * right[1:-1] + right[2:]) / 8, (down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]) / 8

# %% wrong="sobel-edges" why="left the border at zero, where the repeated border has a slope of its own"
def sobel(gray):
    gx, gy = np.zeros(gray.shape), np.zeros(gray.shape)
    for i in range(1, gray.shape[0] - 1):
        for j in range(1, gray.shape[1] - 1):
            window = gray[i - 1:i + 2, j - 1:j + 2]
            gx[i, j] = (window * [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]).sum() / 8
            gy[i, j] = (window * [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]).sum() / 8
    return gx, gy

# %% wrong="sobel-edges" why="forgot to divide by 8"
def sobel(gray):
    return ndimage.sobel(gray, axis=1, mode="nearest"), ndimage.sobel(gray, axis=0, mode="nearest")

# %% wrong="sobel-edges" why="divided by 4 where 8 is asked for: pixels that are two columns apart are compared, so a slope of 1 makes a difference of 2"
def sobel(gray):
    return ndimage.sobel(gray, axis=1, mode="nearest") / 4, ndimage.sobel(gray, axis=0, mode="nearest") / 4

# %% wrong="sobel-edges" why="counted the middle row only once (that is Prewitt's kernel)"
def sobel(gray):
    return ndimage.prewitt(gray, axis=1, mode="nearest") / 8, ndimage.prewitt(gray, axis=0, mode="nearest") / 8

# %% wrong="sobel-edges" why="compared only the two pixels beside each one, without the rows above and below"
def sobel(gray):
    p = np.pad(gray, 1, mode="edge")
    return (p[1:-1, 2:] - p[1:-1, :-2]) / 2, (p[2:, 1:-1] - p[:-2, 1:-1]) / 2

# %% wrong="sobel-edges" why="dropped the signs: a slope upwards and one downwards are different"
def sobel(gray):
    return np.abs(ndimage.sobel(gray, axis=1, mode="nearest")) / 8, np.abs(ndimage.sobel(gray, axis=0, mode="nearest")) / 8

# %% wrong="sobel-edges" why="returned the steepness of the edge, sqrt(gx² + gy²), where its two parts are asked for"
def sobel(gray):
    return np.hypot(ndimage.sobel(gray, axis=1, mode="nearest"), ndimage.sobel(gray, axis=0, mode="nearest")) / 8

# %% wrong="sobel-edges" why="used the kernel of gx for gy too"
def sobel(gray):
    gx = ndimage.sobel(gray, axis=1, mode="nearest") / 8
    return gx, gx

# %% wrong="sobel-edges" why="used np.gradient, which looks at two neighbours only and treats the border in its own way"
def sobel(gray):
    return np.gradient(gray, axis=1), np.gradient(gray, axis=0)

# %% right="sobel-edges" how="with loops over the pixels"
def sobel(gray):
    H, W = gray.shape
    Kx = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8
    padded = np.pad(gray, 1, mode="edge")
    gx, gy = np.zeros((H, W)), np.zeros((H, W))
    for i in range(H):
        for j in range(W):
            gx[i, j] = (padded[i:i + 3, j:j + 3] * Kx).sum()
            gy[i, j] = (padded[i:i + 3, j:j + 3] * Kx.T).sum()
    return gx, gy

# %% right="sobel-edges" how="with nine shifted copies"
def sobel(gray):
    p = np.pad(gray, 1, mode="edge")
    Kx = np.outer([1, 2, 1], [-1, 0, 1]) / 8
    shifted = {(a, b): p[a:a + gray.shape[0], b:b + gray.shape[1]] for a in range(3) for b in range(3)}
    return [sum(K[at] * part for at, part in shifted.items()) for K in (Kx, Kx.T)]

# %% right="sobel-edges" how="with scipy.ndimage"
def sobel(gray):
    return ndimage.sobel(gray, axis=1, mode="nearest") / 8, ndimage.sobel(gray, axis=0, mode="nearest") / 8

# %% right="sobel-edges" how="with scipy's correlate and one array for both"
def sobel(gray):
    K = np.outer([1, 2, 1], [-1, 0, 1]) / 8
    return np.stack([ndimage.correlate(gray, K, mode="nearest"), ndimage.correlate(gray, K.T, mode="nearest")])

# %% right="sobel-edges" how="with torch's conv2d"
def sobel(gray):
    import torch
    import torch.nn.functional as F
    K = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=torch.float64) / 8
    x = F.pad(torch.from_numpy(gray).double()[None, None], (1, 1, 1, 1), mode="replicate")
    gx, gy = F.conv2d(x, torch.stack([K, K.T])[:, None])[0]
    return gx, gy

# %% [markdown] hint="sobel-edges"
# `p = np.pad(gray, 1, mode="edge")` repeats the border once. Which slice of `p` holds the right-hand neighbour of every pixel, and which the left-hand one?

# %% [markdown] hint="sobel-edges"
# $K_x$ is a column of weights (1, 2, 1) times a row (-1, 0, 1). So subtract first (two shifted slices), then add three rows of differences with the weights 1, 2, 1.

# %% [markdown]
# What do the two slopes of a real photograph look like, and what do they make together?
# The **magnitude** $\sqrt{g_x^2 + g_y^2}$ says how steep the edge is, whatever its direction.

# %%
camera = vc.data.photo("camera") / 255
gx, gy = sobel(camera)
edges = np.hypot(gx, gy)
side_by_side([camera, gx, gy, edges.clip(0, 0.2)], ["photograph", "$g_x$: upright edges", "$g_y$: level edges", "magnitude"],
             "Where in the coat did the edges go, and what did the tripod become?", height=2.5);

# %% [markdown]
# Edges also forgive a change of light, which pixels do not.
# In the next cell half of the light is turned off, and some fog is added.
# How many of the pixels keep their value to within 5 %, and how many of the steep edges keep their *direction* to within 5 degrees?

# %%
foggy = 0.5 * camera + 0.3
fx, fy = sobel(foggy)
turned = np.degrees(np.abs(np.arctan2(gy, gx) - np.arctan2(fy, fx)))[edges > 0.02]
print(f"pixels that keep their value: {np.mean(np.abs(foggy - camera) < 0.05):.0%}; edges that keep their direction: {np.mean(turned < 5):.0%}")

# %% [markdown]
# Directions of edges will come back three times below: in SIFT, in HOG, and in what a machine finds by itself when it is only shown photographs.

# %% [markdown]
# ## 4 · A summer project, and what it took
#
# If the brain begins with edges, one could go on from there: join edges to lines, lines to shapes, shapes to things.
# Lawrence Roberts did it for photographs of wooden blocks (1963).
# In July 1966 Seymour Papert at MIT wrote a short memo, *The Summer Vision Project*: a group of students was to build "a significant part of a visual system" before September, from regions to the names of objects.
# It is the most famous underestimate of the field.
#
# Here is what happened instead, in one picture.
# You need not learn it; find the ten years in which most of this lecture takes place, and the kind of work that ends it.

# %%
history = [
    (1959, "b", "Hubel, Wiesel: cells that want edges"), (1963, "m", "Roberts: a world of blocks"),
    (1966, "m", "Papert: the Summer Vision Project"), (1973, "m", "Fischler, Elschlager: pictorial structures"),
    (1979, "m", "Brooks, Binford: generalized cylinders"), (1980, "l", "Fukushima: neocognitron"),
    (1982, "m", "Marr: Vision"), (1986, "f", "Canny: edges, done carefully"), (1986, "l", "Rumelhart, Hinton, Williams: backpropagation"),
    (1991, "l", "Turk, Pentland: eigenfaces"), (1996, "b", "Thorpe: animal or not, decided in 150 ms"),
    (1997, "f", "Shi, Malik: normalized cuts"), (1998, "l", "LeCun: LeNet-5"), (1999, "f", "Lowe: SIFT"),
    (2001, "l", "Viola, Jones: faces in real time"), (2005, "f", "Dalal, Triggs: HOG"), (2005, "d", "PASCAL VOC begins"),
    (2006, "f", "Lazebnik: spatial pyramids"), (2008, "m", "Felzenszwalb: deformable parts"), (2009, "d", "Deng, Fei-Fei Li: ImageNet"),
    (2012, "l", "Krizhevsky: AlexNet"), (2015, "l", "He: ResNet"), (2020, "l", "Ho: diffusion; Dosovitskiy: ViT"), (2021, "l", "Radford: CLIP"),
]
kinds = {"b": ("brains", "s", "#004488"), "m": ("models made by hand", "^", "#BB5566"), "f": ("features and grouping", "o", "#DDAA33"),
         "d": ("data sets", "D", "#228833"), "l": ("learning", "P", "#AA3377")}

# %%
figure, ax = plt.subplots(figsize=(10, 6.2), layout="constrained")
for row, (year, kind, text) in enumerate(history):
    name, marker, colour = kinds[kind]
    ax.plot(year, -row, marker, color=colour, markersize=8)
    early = year < 1995
    ax.text(year + (1 if early else -1), -row, f"{year}  {text}" if early else f"{text}  {year}", ha="left" if early else "right", va="center", fontsize=9)
for name, marker, colour in kinds.values():
    ax.plot([], [], marker, color=colour, label=name)
ax.legend(loc="lower left", title="what people worked on")
ax.set(yticks=[], xlim=(1957, 2024), title="Sixty years of teaching machines to see: what follows what?")
ax.spines[["left", "top", "right"]].set_visible(False);

# %% [markdown]
# Up to the 1980s most marks are models made by hand; the last ones are all learning, on data.
# The 150 milliseconds of Simon Thorpe and colleagues (1996) are worth a thought: that long after a photograph is flashed, human brain waves tell animal from no animal.
# A neuron needs some ten milliseconds to answer, so there is time for ten layers or so, not for a long calculation (Thorpe and Imbert, 1989).
#
# ### Marr: from picture to model in three steps
#
# David Marr proposed what should happen in between.
# First a **primal sketch** of edges, bars and blobs; then a **2½-D sketch** that knows for every point how far away it is and how it is tilted, seen from here; at last a **3-D model** of the thing, independent of where you stand.
# The first step you have written.
# The second can be measured today: for this motorcycle it comes with the photograph (Middlebury stereo data, Scharstein and others, 2014).

# %%
motorcycle = vc.data.photo("motorcycle")
nearness = vc.data.photos.motorcycle_disparity()
nearness = np.where(np.isfinite(nearness), nearness, 0)    # 0 where it could not be measured
sketch = np.hypot(*sobel(to_gray(motorcycle)))
side_by_side([motorcycle, -sketch.clip(0, 0.15), nearness], ["image", "primal sketch", "2½-D sketch: bright is near"],
             "Two of Marr's steps. What is missing before you could walk round it?", height=2.5);

# %% [markdown]
# ### Generalized cylinders
#
# And the third step, the model?
# Thomas Binford's idea (1971; with Rodney Brooks in the ACRONYM system, 1979): most things can be made by sweeping a disc along an axis while its radius changes.
# A vase is one such **generalized cylinder**, an animal is a dozen of them.
# Two functions describe each: where the axis runs, and how wide the disc is.

# %%
def sweep(axis, radius, sides=24):
    """Surface points (3, n, sides) of a disc with radius (n,) swept along an axis (n, 3)."""
    along = np.gradient(axis, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    first = np.cross(along, [0.31, 0.95, 0.05])
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(along, first)
    turn = np.linspace(0, 2 * np.pi, sides)
    ring = np.cos(turn)[:, None] * first[:, None] + np.sin(turn)[:, None] * second[:, None]     # (n, sides, 3)
    return (axis[:, None] + radius[:, None, None] * ring).transpose(2, 0, 1)

# %%
t = np.linspace(0, 1, 40)
line = lambda start, end: np.outer(1 - t, start) + np.outer(t, end)
vase = [(line((0, 0, 0), (0, 0, 3)), 0.7 + 0.35 * np.sin(6 * t) * (1 - t / 3))]
trunk = [(np.stack([2 * np.sin(2.5 * t), 0 * t, 3 * t], axis=1), 0.6 - 0.45 * t)]
legs = [(line((a, b, 1.1), (1.1 * a, b, 0)), 0.17 - 0.05 * t) for a in (-1, 1) for b in (-0.3, 0.3)]
beast = legs + [(line((-1.3, 0, 1.4), (1.3, 0, 1.4)), 0.25 + 0.3 * np.sin(np.pi * t)), (line((1.1, 0, 1.5), (1.7, 0, 2.5)), 0.28 - 0.1 * t),
                (line((1.5, 0, 2.5), (2.4, 0, 2.2)), 0.26 - 0.14 * t), (line((-1.2, 0, 1.6), (-1.9, 0, 0.8)), 0.1 - 0.06 * t)]

# %%
figure = plt.figure(figsize=(9, 3.4), layout="constrained")
for i, (name, pieces) in enumerate({"one cylinder": vase, "one, bent": trunk, "eight": beast}.items()):
    ax = figure.add_subplot(1, 3, i + 1, projection="3d")
    for axis, radius in pieces:
        ax.plot_surface(*sweep(axis, radius), color="#88AACC", linewidth=0)
    ax.set(title=name, aspect="equal")
    ax.view_init(15, -70)
    ax.axis("off")
figure.suptitle("Discs swept along an axis: which animal is it?");

# %% [markdown]
# You may have said horse, cow or dog, and that is the trouble.
# Such models are easy to draw and hard to *find*: a photograph shows no axes, and clothes, leaves and cats are no cylinders.
#
# ### Pictorial structures: parts on springs
#
# Martin Fischler and Robert Elschlager (1973) kept the parts and gave up the third dimension.
# A face is a set of small patches (eyes, nose, mouth), joined by **springs**.
# To find it, put every part where the picture looks like it, without stretching the springs too far:
#
# $$\text{total} = \sum_{p\,\in\,\text{parts}} \max_{d} \Big( \text{match}_p(\text{place}_p + d) - k \,\lVert d \rVert^2 \Big)$$
#
# $d$ is how far the part has moved from its place of rest, $k$ how stiff its spring is.
# With $k \to \infty$ nothing may move; with $k = 0$ the parts no longer know each other.
#
# Let us try it on the cat: three parts are cut out of its photograph, and the model has to find them in a bent copy.

# %%
cat = transform.rescale(to_gray(photo), 0.5, anti_aliasing=True)           # half size, for speed
parts = {"left eye": (57, 87), "right eye": (66, 161), "nose": (124, 130)}
templates = {name: cat[r - 12:r + 13, c - 12:c + 13] for name, (r, c) in parts.items()}

def bend(xy):
    """Where a pixel of the bent picture comes from in the straight one."""
    return xy + np.stack([9 * np.sin(xy[:, 1] / 22), 7 * np.sin(xy[:, 0] / 25)], axis=1)

bent = transform.warp(cat, bend, mode="edge")
match = {name: feature.match_template(bent, template, pad_input=True, mode="edge") for name, template in templates.items()}

# %%
def find_parts(k, reach=14):
    """Places {part: (row, column)} that maximise the total above, for springs of stiffness k; the nose is the reference."""
    r, c = np.mgrid[-reach:reach + 1, -reach:reach + 1]
    rest = {name: np.subtract(at, parts["nose"]) for name, at in parts.items()}
    best = {name: ndimage.grey_dilation(m, structure=-k * (r**2 + c**2)) for name, m in match.items()}   # max over d
    total = sum(ndimage.shift(best[name], -rest[name], order=0, cval=-9) for name in parts)
    nose = np.unravel_index(total.argmax(), total.shape)
    found = {}
    for name in parts:
        row, column = np.add(nose, rest[name])
        near = {(i, j): match[name][i, j] - k * ((i - row)**2 + (j - column)**2)
                for i in range(max(row - reach, 0), min(row + reach + 1, cat.shape[0]))
                for j in range(max(column - reach, 0), min(column + reach + 1, cat.shape[1]))}
        found[name] = max(near, key=near.get)
    return found

# %% [markdown]
# *Predict:* which way of searching goes wrong: every part for itself, stiff rods, or springs?

# %%
alone = {name: np.unravel_index(m.argmax(), m.shape) for name, m in match.items()}
tries = {"each part for itself": alone, "stiff rods": find_parts(k=1), "springs": find_parts(k=0.002)}
axes = side_by_side([cat, bent, bent, bent], ["the model", *tries], "Three parts of a cat, looked for in a bent picture", height=2.1)
for ax, found in zip(axes, [parts, *tries.values()]):
    for marker, (name, (row, column)) in zip("os^", found.items()):
        ax.plot([column, found["nose"][1]], [row, found["nose"][0]], color="#66CCEE", linewidth=1)
        ax.plot(column, row, marker, color="#DDAA33", markeredgecolor="black", markersize=7, label=name)
axes[0].legend(loc="upper right", fontsize=7)

# %%
pixels = np.stack(np.meshgrid(np.arange(cat.shape[1]), np.arange(cat.shape[0])), axis=-1).reshape(-1, 2)
came_from = bend(pixels.astype(float))
for name, found in tries.items():
    gaps = [np.linalg.norm(pixels[np.linalg.norm(came_from - at[::-1], axis=1).argmin()] - np.array(found[part])[::-1]) for part, at in parts.items()]
    print(f"{name:22s} is off by " + ", ".join(f"{gap:4.1f} pixels ({part})" for gap, part in zip(gaps, parts)))

# %% [markdown]
# An eye alone may be found on the other side of the face, because the two look alike in one small patch; rods cannot follow the bend; springs can, and keep the face together.
# In 1973 the patches were drawn by hand.
# In 2008 Pedro Felzenszwalb, David McAllester and Deva Ramanan learned them from data, as templates of HOG (section 8), and their **deformable part model** led object detection until networks took over.

# %% [markdown]
# ## 5 · What belongs together?
#
# Finding a *known* thing is one way to start.
# Another is to ask, before any name is known, which pixels belong to the same thing.
#
# Take every pixel as a node of a graph, and join two nodes with a weight $w_{ij}$ that is large if they are near each other and look alike.
# To split the picture in two, cut the weakest bundle of edges: the **cut** is the sum of all weights between the parts $A$ and $B$.
#
# *Predict:* the smallest cut of all would separate what from what?
#
# A single pixel in a corner: it has the fewest edges to cut.
# Jianbo Shi and Jitendra Malik (1997) therefore measured the cut against how much each part is connected at all:
#
# $$\text{Ncut}(A, B) = \frac{\text{cut}(A, B)}{\text{assoc}(A)} + \frac{\text{cut}(A, B)}{\text{assoc}(B)}, \qquad \text{assoc}(A) = \sum_{i \in A} \sum_j w_{ij}$$
#
# To find the best of all $2^N$ splits is hopeless (NP-complete).
# But if every node may have a *number* $y_i$ in place of a side, it becomes an eigenvalue problem.
# With the affinities $W$, and $D$ the diagonal matrix of the row sums $d_i = \sum_j w_{ij}$:
#
# $$(D - W)\, y = \lambda\, D\, y$$
#
# The smallest eigenvalue is 0 and says nothing: its $y$ is the same for all nodes.
# The eigenvector of the **second smallest** eigenvalue is the best split; nodes with a positive $y_i$ go to one side, with a negative $y_i$ to the other.
#
# Many eigenvalue routines want the form $M z = \lambda z$ with a symmetric $M$.
# With $z = D^{1/2} y$ the problem gets it:
#
# $$D^{-1/2} (D - W) D^{-1/2}\, z = \lambda\, z, \qquad y = D^{-1/2} z$$

# %% given
def cut_matrix(y):
    """y yᵀ / |y|², the same for y, -y and 10 y: so two cuts can be compared whatever their length and sign."""
    y = np.ravel(y)
    return np.outer(y, y) / (y @ y)

# %% [markdown]
# ### Exercise · Normalized cut (★★★ · 20 minutes)
#
# Write `normalized_cut(affinity)`, which takes the symmetric matrix $W$, $(N, N)$, and returns the second eigenvector $y$ of the generalized problem, an array of shape $(N,)$.
# Its length and its sign are free, since $y$, $-y$ and $10\,y$ are the same cut.

# %% solve="normalized-cut"
def normalized_cut(affinity):
    """Eigenvector y (N,) of the second smallest eigenvalue of (D - W) y = λ D y, in any length and sign."""
    ### BEGIN SOLUTION
    d = affinity.sum(axis=1)
    root = 1 / np.sqrt(d)
    laplacian = np.diag(d) - affinity
    values, vectors = np.linalg.eigh(root[:, None] * laplacian * root)     # eigenvalues in ascending order
    y = root * vectors[:, 1]
    ### END SOLUTION
    return y

# %% check="normalized-cut" points=3
def cut_of(W):
    return vc.beside("cut_matrix(normalized_cut(W))", cut_matrix=cut_matrix, normalized_cut=normalized_cut, W=W)
two_pairs = np.array([[0, 4.0, 1, 0], [4, 0, 0, 1], [1, 0, 0, 4], [0, 1, 4, 0]])
vc.assert_close(cut_of(two_pairs), np.outer([1, 1, -1, -1], [1, 1, -1, -1]) / 4, "cut_matrix(y) for two pairs of friends, where y is (1, 1, -1, -1) or a multiple of it")
### BEGIN HIDDEN TESTS
from scipy.linalg import eigh
def compare_with_scipy(weights, what):
    degree = weights.sum(axis=1)
    true_y = eigh(np.diag(degree) - weights, np.diag(degree))[1][:, 1]
    vc.assert_close(cut_of(weights), np.outer(true_y, true_y) / (true_y @ true_y), f"cut_matrix(y) for {what}", rtol=1e-5, atol=1e-7)
blobs = vc.draw(rng, (9, 2)) + np.repeat([[0, 0], [2.5, 1]], [6, 3], axis=0)
apart = ((blobs[:, None] - blobs) ** 2).sum(axis=2)
compare_with_scipy(np.exp(-apart / 4), "nine points in two groups of unequal size")
compare_with_scipy(np.exp(-apart / 4) - np.eye(9), "the same with zeros on the diagonal")
for nodes in range(5, 25):
    crowd = rng.random((nodes, nodes)) ** 2
    compare_with_scipy(crowd + crowd.T, f"{nodes} nodes with random affinities")
### END HIDDEN TESTS

# %% wrong="normalized-cut" why="took the eigenvector of the smallest eigenvalue, which is the same for all nodes"
def normalized_cut(affinity):
    d = affinity.sum(axis=1)
    return linalg.eigh(np.diag(d) - affinity, np.diag(d))[1][:, 0]

# %% wrong="normalized-cut" why="took the third eigenvector"
def normalized_cut(affinity):
    d = affinity.sum(axis=1)
    return linalg.eigh(np.diag(d) - affinity, np.diag(d))[1][:, 2]

# %% wrong="normalized-cut" why="took the eigenvector of the largest eigenvalue"
def normalized_cut(affinity):
    d = affinity.sum(axis=1)
    return linalg.eigh(np.diag(d) - affinity, np.diag(d))[1][:, -1]

# %% wrong="normalized-cut" why="left out D on the right-hand side (that is the ratio cut)"
def normalized_cut(affinity):
    return np.linalg.eigh(np.diag(affinity.sum(axis=1)) - affinity)[1][:, 1]

# %% wrong="normalized-cut" why="returned z without the last step y = D^(-1/2) z"
def normalized_cut(affinity):
    d = affinity.sum(axis=1)
    root = 1 / np.sqrt(d)
    return np.linalg.eigh(root[:, None] * (np.diag(d) - affinity) * root)[1][:, 1]

# %% wrong="normalized-cut" why="multiplied z by D^(1/2) where D^(-1/2) belongs"
def normalized_cut(affinity):
    d = affinity.sum(axis=1)
    root = 1 / np.sqrt(d)
    return np.linalg.eigh(root[:, None] * (np.diag(d) - affinity) * root)[1][:, 1] / root

# %% wrong="normalized-cut" why="scaled with D^(-1) from both sides where D^(-1/2) belongs"
def normalized_cut(affinity):
    d = affinity.sum(axis=1)
    root = 1 / d
    return root * np.linalg.eigh(root[:, None] * (np.diag(d) - affinity) * root)[1][:, 1]

# %% wrong="normalized-cut" why="took the second row of the matrix of eigenvectors; they are its columns"
def normalized_cut(affinity):
    d = affinity.sum(axis=1)
    root = 1 / np.sqrt(d)
    return root * np.linalg.eigh(root[:, None] * (np.diag(d) - affinity) * root)[1][1]

# %% wrong="normalized-cut" why="took the second largest eigenvalue of D - W (or the second smallest of W), where the second smallest of D - W is asked for"
def normalized_cut(affinity):
    root = 1 / np.sqrt(affinity.sum(axis=1))
    return root * np.linalg.eigh(root[:, None] * affinity * root)[1][:, 1]

# %% wrong="normalized-cut" why="returned sides (0 and 1) where the eigenvector itself is asked for"
def normalized_cut(affinity):
    d = affinity.sum(axis=1)
    return (linalg.eigh(np.diag(d) - affinity, np.diag(d))[1][:, 1] > 0).astype(int)

# %% wrong="normalized-cut" why="took the second column that np.linalg.eig returns; eig does not sort the eigenvalues"
def normalized_cut(affinity):
    d = affinity.sum(axis=1)
    return np.linalg.eig((np.diag(d) - affinity) / d[:, None])[1][:, 1]

# %% wrong="normalized-cut" why="took the diagonal of W for D; D holds the sums of its rows"
def normalized_cut(affinity):
    D = np.diag(np.diag(affinity))
    return linalg.eigh(D - affinity, D)[1][:, 1]

# %% wrong="normalized-cut" why="raised the whole matrix D to the power -1/2 element by element, where its zeros become infinite; only the diagonal is meant"
def normalized_cut(affinity):
    D = np.diag(affinity.sum(axis=1))
    half = D**-0.5
    return half @ np.linalg.eigh(half @ (D - affinity) @ half)[1][:, 1]

# %% wrong="normalized-cut" why="returned the eigenvalue, where the eigenvector is asked for"
def normalized_cut(affinity):
    d = affinity.sum(axis=1)
    return linalg.eigh(np.diag(d) - affinity, np.diag(d))[0][1]

# %% right="normalized-cut" how="with scipy's generalized eigh"
def normalized_cut(affinity):
    D = np.diag(affinity.sum(axis=1))
    values, vectors = linalg.eigh(D - affinity, D, subset_by_index=[1, 1])
    return vectors[:, 0]

# %% right="normalized-cut" how="as a random walk: second largest eigenvalue of D⁻¹W"
def normalized_cut(affinity):
    values, vectors = np.linalg.eig(affinity / affinity.sum(axis=1, keepdims=True))
    return vectors[:, np.argsort(-values.real)[1]].real

# %% right="normalized-cut" how="with full matrices, and length 1"
def normalized_cut(affinity):
    D = np.diag(affinity.sum(axis=1))
    half = np.diag(np.diag(D) ** -0.5)
    values, vectors = np.linalg.eigh(half @ (D - affinity) @ half)
    y = half @ vectors[:, np.argsort(values)[1]]
    return -y / np.linalg.norm(y)

# %% right="normalized-cut" how="with torch"
def normalized_cut(affinity):
    import torch
    W = torch.tensor(affinity, dtype=torch.float64)
    d = W.sum(dim=1)
    values, vectors = torch.linalg.eigh(torch.eye(len(W), dtype=torch.float64) - W / torch.sqrt(torch.outer(d, d)))
    return vectors[:, 1] / d.sqrt()

# %% [markdown] hint="normalized-cut"
# `np.linalg.eigh` takes a symmetric matrix and returns the eigenvalues in ascending order and the eigenvectors as *columns*. Which column do you want?

# %% [markdown] hint="normalized-cut"
# For a diagonal $D^{-1/2}$ you need no matrix: with `root = 1 / np.sqrt(d)`, `root[:, None] * M * root` is $D^{-1/2} M D^{-1/2}$. And what turns $z$ back into $y$?

# %% [markdown] hint="normalized-cut"
# `scipy.linalg.eigh(A, B)` solves $A y = \lambda B y$ directly. What are $A$ and $B$ here?

# %% [markdown]
# Nothing in your function knows about pictures.
# Let us give it one: the photographer, in 30 × 30 pixels.
# Two pixels are friends if they are near ($\sigma = 4$ pixels) and equally bright ($\sigma = 0.15$).
#
# *Predict:* there are three things in the picture: man, sky and lawn.
# Your function may split it in two only; where will it cut?

# %%
small = transform.resize(camera, (30, 30), anti_aliasing=True)
place = np.indices(small.shape).reshape(2, -1).T                           # (900, 2)
far = ((place[:, None] - place) ** 2).sum(axis=2)                          # (900, 900)
unlike = (small.reshape(-1, 1) - small.ravel()) ** 2
affinity = np.exp(-far / 4**2 - unlike / 0.15**2) * (far < 8**2)

# %%
y_cut = normalized_cut(affinity).reshape(small.shape)
side_by_side([small, y_cut, y_cut > 0, np.where(y_cut > 0, small, np.nan)], ["900 pixels", "$y$", "$y > 0$", "one of the sides"],
             "The second eigenvector of a photograph: it has never seen a man", height=2.4);

# %% [markdown]
# The man comes out in one piece, coat, camera and hands, although no line of code knows what a man is.
# The cut follows brightness, not meaning: where two things are equally gray it joins them, and a striped shirt it would tear apart.
# To know that stripes are one shirt, one needs to know shirts.

# %% [markdown]
# ## 6 · The same point in two photographs
#
# You photograph a building twice, from two places.
# Which point of the one picture is which point of the other?
# Panoramas, 3-D models and (until about 2012) most recognition depend on the answer.
#
# David Lowe's **SIFT** (scale-invariant feature transform, 1999; in full 2004) has four steps:
#
# 1. **Points** that can be found again: blobs that stand out among their neighbours, in place *and* in size.
# 2. **Size**: each point knows at which blur it stood out most, so a photograph from twice as far gives the same patch.
# 3. **Direction**: the strongest direction of edges around it; the patch is turned so that this points to the right.
# 4. **Description**: 16 small histograms with 8 directions of edges each, 128 numbers in all, scaled to the same length.
#
# What turns, shrinks and darkens the picture leaves the 128 numbers nearly alone.
# So here is a crop of a photograph, and a second one that is turned, shrunk and darkened.

# %%
astronaut = to_gray(vc.data.photo("astronaut"))
crop = astronaut[20:276, 100:356]
motion = transform.SimilarityTransform(scale=0.8, rotation=0.5, translation=(90, -20))
second_crop = 0.6 * transform.warp(astronaut[:330, 60:390], motion.inverse, output_shape=(300, 300))

# %%
def describe(image):
    """SIFT points (K, 2) as (row, column), and their descriptions (K, 128)."""
    sift = feature.SIFT()
    sift.detect_and_extract(image)
    return sift.keypoints, sift.descriptors

points, descriptions = describe(crop)
second_points, second_descriptions = describe(second_crop)
print(f"{len(points)} points in the first crop, {len(second_points)} in the second; descriptions: {descriptions.dtype}, {descriptions.shape}")

# %% [markdown]
# To match a point, one takes the nearest of all descriptions in the other picture.
# But a nearest one always exists, also for a point that the other picture does not show.
# Is a small distance a sign of a right match?
# Not a good one: some patches are alike by nature, such as the leaves of a tree.
#
# Lowe's test compares the nearest with the **second** nearest.
# If the best is clearly better than the runner-up, believe it; if two are about equally good, at least one of them is wrong.
#
# $$\text{keep } (i, j) \text{ if } \; d(i, j) < \text{ratio} \cdot d(i, j')$$
#
# $j$ is the nearest to $i$, $j'$ the second nearest, $d$ the Euclidean distance.

# %% given
def sorted_pairs(found):
    """Pairs (i, j) as a sorted list of plain numbers, whether they come as a list or as an array."""
    return sorted((int(i), int(j)) for i, j in found)

# %% [markdown]
# ### Exercise · Ratio test (★★☆ · 15 minutes)
#
# Write `ratio_test(first, second, ratio=0.8)`.
# `first` is $(N, D)$ and `second` $(M, D)$ with $M \ge 2$, both floats or bytes.
# Return the pairs $(i, j)$ that are kept: row numbers of `first` and `second`, as an array of shape $(K, 2)$ or a list of pairs.

# %% solve="ratio-test"
def ratio_test(first, second, ratio=0.8):
    """Pairs (i, j), (K, 2): j is nearest to i, and nearer than ratio times the distance of the second nearest."""
    ### BEGIN SOLUTION
    distances = spatial.distance.cdist(first.astype(float), second.astype(float))      # (N, M)
    best, runner_up = np.sort(distances, axis=1)[:, :2].T
    kept = np.flatnonzero(best < ratio * runner_up)
    return np.stack([kept, distances.argmin(axis=1)[kept]], axis=1)
    ### END SOLUTION

# %% check="ratio-test" points=2
def kept_pairs(one, two, ratio):
    return vc.beside("sorted_pairs(ratio_test(one, two, ratio))", sorted_pairs=sorted_pairs, ratio_test=ratio_test, one=one, two=two, ratio=ratio)
clear, unclear = np.array([[0.0, 0.0]]), np.array([[9.0, 0.0]])
shelf = np.array([[10.0, 0.0], [0.0, 1.0], [8.1, 0.0]])
assert kept_pairs(clear, shelf, 0.8) == [(0, 1)], "the nearest is 1 away and the second nearest 8.1: a clear match with row 1 of second"
assert kept_pairs(unclear, shelf, 0.8) == [], "the nearest is 0.9 away and the second nearest 1: 0.9 is not below 0.8 of it, so nothing is kept"
### BEGIN HIDDEN TESTS
from skimage.feature import match_descriptors
def compare_with_library(one, two, ratio, what):
    found = match_descriptors(one.astype(float), two.astype(float), metric="euclidean", cross_check=False, max_ratio=ratio)
    assert kept_pairs(one, two, ratio) == [(int(i), int(j)) for i, j in found], f"the pairs that are kept for {what}, ratio {ratio}"
many = vc.draw(rng, (30, 6))
others = np.concatenate([many[rng.permutation(30)[:20]] + vc.draw(rng, (20, 6), scale=0.8), vc.draw(rng, (15, 6))])
compare_with_library(many, others, 0.5, "30 descriptions against 35")
compare_with_library(many, others, 0.8, "30 descriptions against 35")
compare_with_library(many, others, 0.95, "30 descriptions against 35")
default = vc.beside("sorted_pairs(ratio_test(one, two))", sorted_pairs=sorted_pairs, ratio_test=ratio_test, one=many, two=others)
assert default == kept_pairs(many, others, 0.8), "the ratio is 0.8 if none is given"
def bytes_near(some):
    return np.concatenate([some[3:9] // 2 + 60, rng.integers(0, 256, (9, 8), dtype=np.uint8)])
few_bytes, more_bytes, most_bytes = (rng.integers(0, 256, (size, 8), dtype=np.uint8) for size in (12, 30, 60))
compare_with_library(few_bytes, bytes_near(few_bytes), 0.8, "12 descriptions of bytes")
compare_with_library(more_bytes, bytes_near(more_bytes), 0.9, "30 descriptions of bytes")
compare_with_library(most_bytes, bytes_near(most_bytes), 0.95, "60 descriptions of bytes")
compare_with_library(many[:9], others[:2], 0.8, "nine descriptions against two")
compare_with_library(many[:1], others[:2], 0.99, "one description against two")
assert kept_pairs(np.zeros((1, 2)), np.array([[1.0, 0.0], [2.0, 0.0]]), 0.5) == [], "the nearest is 1 away and the second nearest 2: 1 is not below 0.5 of it, but equal"
### END HIDDEN TESTS

# %% wrong="ratio-test" why="compared squared distances; a ratio of 0.8 between distances is 0.64 between their squares"
# - distances = spatial.distance.cdist(first.astype(float), second.astype(float))
# + distances = ((first[:, None].astype(float) - second) ** 2).sum(axis=2)

# %% wrong="ratio-test" why="put the ratio on the wrong side: asked the runner-up to be smaller than ratio times the best"
# - best < ratio * runner_up
# + ratio * best > runner_up

# %% wrong="ratio-test" why="kept the matches that fail the test and dropped those that pass"
# - < ratio
# + > ratio

# %% wrong="ratio-test" why="kept the pairs for which both sides are equal too (<= where < is asked for)"
# - < ratio
# + <= ratio

# %% wrong="ratio-test" why="kept every nearest neighbour, without a test"
def ratio_test(first, second, ratio=0.8):
    distances = spatial.distance.cdist(first.astype(float), second.astype(float))
    return np.stack([np.arange(len(first)), distances.argmin(axis=1)], axis=1)

# %% wrong="ratio-test" why="compared the distance itself with the ratio, not with the runner-up's distance"
# - best, runner_up = np.sort(distances, axis=1)[:, :2].T
# - kept = np.flatnonzero(best < ratio * runner_up)
# + kept = np.flatnonzero(distances.min(axis=1) < ratio)

# %% wrong="ratio-test" why="returned the pairs as (j, i)"
# - kept, distances.argmin(axis=1)[kept]
# + distances.argmin(axis=1)[kept], kept

# %% wrong="ratio-test" why="paired each row with its second nearest"
# - argmin(axis=1)[kept]
# + argsort(axis=1)[kept, 1]

# %% wrong="ratio-test" why="subtracted bytes from bytes, which wraps round"
# - spatial.distance.cdist(first.astype(float), second.astype(float))
# + np.sqrt(((first[:, None] - second).astype(float) ** 2).sum(axis=2))

# %% wrong="ratio-test" why="subtracted a row of bytes from an array of bytes, which wraps round"
def ratio_test(first, second, ratio=0.8):
    pairs = []
    for i, one in enumerate(first):
        distances = np.linalg.norm(second - one, axis=1)
        best, runner_up = np.argsort(distances)[:2]
        if distances[best] < ratio * distances[runner_up]:
            pairs.append((i, best))
    return pairs

# %% wrong="ratio-test" why="returned two arrays, all i and all j, where pairs (i, j) are asked for"
# - np.stack([kept, distances.argmin(axis=1)[kept]], axis=1)
# + kept, distances.argmin(axis=1)[kept]

# %% wrong="ratio-test" why="used the L1 distance"
# - second.astype(float)
# + second.astype(float), "cityblock"

# %% wrong="ratio-test" why="counted places among the matches that were kept, not rows of first"
# - kept = np.flatnonzero(best < ratio * runner_up)
# + nearest = distances.argmin(axis=1)[best < ratio * runner_up]
# - np.stack([kept, distances.argmin(axis=1)[kept]], axis=1)
# + list(enumerate(nearest.tolist()))

# %% wrong="ratio-test" why="compared with the farthest, not with the second nearest"
# - best, runner_up = np.sort(distances, axis=1)[:, :2].T
# - kept = np.flatnonzero(best < ratio * runner_up)
# + kept = np.flatnonzero(distances.min(axis=1) < ratio * distances.max(axis=1))

# %% wrong="ratio-test" why="used 0.8 whatever ratio is"
# - ratio * runner_up
# + 0.8 * runner_up

# %% wrong="ratio-test" why="also asked that i is the nearest to j (a cross-check), which is not part of this test"
# - kept = np.flatnonzero(best < ratio * runner_up)
# - return np.stack([kept, distances.argmin(axis=1)[kept]], axis=1)
# + nearest = distances.argmin(axis=1)
# + mutual = distances.argmin(axis=0)[nearest] == np.arange(len(first))
# + kept = np.flatnonzero((best < ratio * runner_up) & mutual)
# + return np.stack([kept, nearest[kept]], axis=1)

# %% right="ratio-test" how="with loops and a list"
def ratio_test(first, second, ratio=0.8):
    pairs = []
    for i in range(len(first)):
        d = [float(np.linalg.norm(first[i].astype(float) - row)) for row in second]
        order = sorted(range(len(d)), key=d.__getitem__)
        if d[order[0]] < ratio * d[order[1]]:
            pairs.append((i, order[0]))
    return pairs

# %% right="ratio-test" how="with argsort and take_along_axis, on squares"
def ratio_test(first, second, ratio=0.8):
    squares = ((first[:, None].astype(np.float64) - second) ** 2).sum(axis=-1)
    order = np.argsort(squares, axis=1)[:, :2]
    best = np.take_along_axis(squares, order, axis=1)
    keep = best[:, 0] < ratio**2 * best[:, 1]
    return np.column_stack([np.nonzero(keep)[0], order[keep, 0]])

# %% right="ratio-test" how="with a k-d tree"
def ratio_test(first, second, ratio=0.8):
    d, j = spatial.KDTree(second.astype(float)).query(first.astype(float), k=2)
    return [(i, int(j[i, 0])) for i in range(len(first)) if d[i, 0] < ratio * d[i, 1]]

# %% right="ratio-test" how="with scikit-image"
def ratio_test(first, second, ratio=0.8):
    return feature.match_descriptors(first.astype(float), second.astype(float), cross_check=False, max_ratio=ratio)

# %% [markdown] hint="ratio-test"
# `spatial.distance.cdist(first, second)` gives all distances as $(N, M)$; check what it does with bytes, or make floats first. How do you get the two smallest of each row?

# %% [markdown] hint="ratio-test"
# `np.sort(distances, axis=1)[:, :2]` holds the two distances, `distances.argmin(axis=1)` the row $j$. `np.flatnonzero(condition)` lists the $i$ for which a condition holds.

# %% [markdown]
# Does the test know which matches are right?
# Here we can tell, because we turned the picture ourselves and know where each point must land.
#
# *Predict:* without a test, how many of all nearest neighbours are wrong?
# And with a ratio of 0.8?

# %%
def lands_right(pairs):
    """Whether each pair (i, j) is within 3 pixels of where the true motion puts point i."""
    xy = points[pairs[:, 0]][:, ::-1] + [40, 20]           # from the crop to the part that was turned
    return np.linalg.norm(motion(xy)[:, ::-1] - second_points[pairs[:, 1]], axis=1) < 3

matches = {ratio: np.array(ratio_test(descriptions, second_descriptions, ratio)) for ratio in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)}
right_share = {ratio: lands_right(pairs).mean() for ratio, pairs in matches.items()}

# %%
both = np.ones((300, 256 + 20 + 300))
both[:256, :256], both[:, 276:] = crop, second_crop
axes = side_by_side([both, both], [f"all nearest neighbours: {right_share[1.0]:.0%} right", f"ratio 0.8: {right_share[0.8]:.0%} right"],
                    "SIFT matches: blue solid lines are right, red dotted ones wrong", height=3)
for ax, ratio in zip(axes, (1.0, 0.8)):
    shown = matches[ratio][::4]                            # every fourth, to see something
    for (i, j), good in zip(shown, lands_right(shown)):
        (r, c), (r2, c2) = points[i], second_points[j]
        ax.plot([c, c2 + 276], [r, r2], "-" if good else ":", color="#66CCEE" if good else "#EE5566", linewidth=0.8 if good else 1.2)

# %%
kept_right = {ratio: lands_right(pairs).sum() for ratio, pairs in matches.items()}
for ratio, pairs in matches.items():
    print(f"ratio {ratio:.1f}: {len(pairs):3d} kept, {right_share[ratio]:.0%} right; of all right ones {kept_right[ratio] / kept_right[1.0]:.0%} are kept")

# %% [markdown]
# One comparison of two numbers throws out most of the wrong matches and few of the right ones.
# Lowe reports for his data that a ratio of 0.8 removes 90 % of the false matches and less than 5 % of the correct ones (2004).
# Compare that with your table.

# %% [markdown]
# ## 7 · Faces, fifteen times a second
#
# In 2001 Paul Viola and Michael Jones showed a program that found faces in video while you watched: pictures of 384 × 288 pixels, 15 times a second, on a 700 MHz Pentium III.
# A few years later cameras had it, as the little square around each face.
# Three ideas made it so fast, and the first is a trick that you will use for the rest of your life.
#
# ### Idea 1: the integral image
#
# How do you add up the pixels of a rectangle?
# With $h \times w$ additions; and again for the next rectangle, although the two overlap almost entirely.
#
# Better: add up once, from the top left corner to everywhere, and keep all the sums.
#
# $$S[i, j] = \text{sum of all pixels above row } i \text{ and left of column } j = \sum_{a < i} \sum_{b < j} \text{gray}[a, b]$$
#
# $S$ has one row and one column more than the picture; its first row and column are zero, because nothing lies above row 0.
# Then every rectangle costs four look-ups:
#
# $$\text{sum of rows } t \ldots b - 1 \text{ and columns } l \ldots r - 1 = S[b, r] - S[t, r] - S[b, l] + S[t, l]$$
#
# *Predict:* why is $S[t, l]$ *added* at the end?

# %%
figure, panels = plt.subplots(1, 4, figsize=(10, 2.9), layout="constrained")
shades = {"+ S[b, r]": (0, 0, 6, 5), "− S[t, r]": (0, 0, 2, 5), "− S[b, l]": (0, 0, 6, 2), "+ S[t, l]": (0, 0, 2, 2)}
for ax, (name, (top, left, bottom, right)) in zip(panels, shades.items()):
    ax.add_patch(plt.Rectangle((left, top), right - left, bottom - top, color="#004488" if name[0] == "+" else "#DDAA33", alpha=0.6, hatch="" if name[0] == "+" else "//"))
    ax.add_patch(plt.Rectangle((2, 2), 3, 4, fill=False, edgecolor="black", linewidth=2.5))
    ax.set(xlim=(0, 7), ylim=(7, 0), aspect="equal", title=name, xticks=[2, 5], xticklabels=["l", "r"], yticks=[2, 6], yticklabels=["t", "b"])
figure.suptitle("The rectangle is the sum of these four: which part is taken away twice?");

# %% [markdown]
# ### Exercise · Integral image (★★☆ · 10 minutes)
#
# Write `integral_image(gray)`: from a picture $(H, W)$ of floats or bytes, the sums $S$ as above, of shape $(H + 1, W + 1)$.

# %% solve="integral-image"
def integral_image(gray):
    """S (H + 1, W + 1): S[i, j] is the sum of gray[:i, :j], so its first row and column are zero."""
    ### BEGIN SOLUTION
    S = np.zeros((gray.shape[0] + 1, gray.shape[1] + 1))
    S[1:, 1:] = gray.astype(float).cumsum(axis=0).cumsum(axis=1)
    ### END SOLUTION
    return S

# %% check="integral-image" points=1
vc.assert_close(integral_image(np.array([[1.0, 2, 3], [4, 5, 6]])), [[0, 0, 0, 0], [0, 1, 3, 6], [0, 5, 12, 21]], "integral image of [[1, 2, 3], [4, 5, 6]]")
### BEGIN HIDDEN TESTS
from skimage.transform import integral_image as library_integral
def compare_sums(*shape):
    summed = vc.draw(rng, shape)
    kept = summed.copy()
    vc.assert_close(integral_image(summed), np.pad(library_integral(summed), ((1, 0), (1, 0))), f"integral image of random floats of shape {shape}")
    assert np.array_equal(summed, kept), "the picture that came in must not be changed"
compare_sums(5, 8)
compare_sums(7, 3)
compare_sums(1, 4)
compare_sums(1, 1)
summed = rng.integers(100, 256, (6, 5), dtype=np.uint8)
S_bytes = np.asarray(integral_image(summed), dtype=float)
vc.assert_close(S_bytes, np.pad(library_integral(summed.astype(float)), ((1, 0), (1, 0))), "integral image of bytes, whose sums exceed 255")
### END HIDDEN TESTS

# %% wrong="integral-image" why="left out the first row and column of zeros"
def integral_image(gray):
    return gray.astype(float).cumsum(axis=0).cumsum(axis=1)

# %% wrong="integral-image" why="put the zeros into the last row and column; they belong first"
def integral_image(gray):
    return np.pad(gray.astype(float).cumsum(axis=0).cumsum(axis=1), ((0, 1), (0, 1)))

# %% wrong="integral-image" why="put zeros on all four sides, which makes S too large by one more row and column"
def integral_image(gray):
    return np.pad(gray.astype(float).cumsum(axis=0).cumsum(axis=1), 1)

# %% wrong="integral-image" why="added up downwards only; the sums must also run to the right"
def integral_image(gray):
    return np.pad(gray.astype(float).cumsum(axis=0), ((1, 0), (1, 0)))

# %% wrong="integral-image" why="added up to the right only; the sums must also run downwards"
def integral_image(gray):
    return np.pad(gray.astype(float).cumsum(axis=1), ((1, 0), (1, 0)))

# %% wrong="integral-image" why="added up in reading order, row after row (cumsum without an axis)"
def integral_image(gray):
    return np.pad(gray.astype(float).cumsum().reshape(gray.shape), ((1, 0), (1, 0)))

# %% wrong="integral-image" why="kept the sums of bytes in bytes, which wrap round at 256"
def integral_image(gray):
    sums = gray.cumsum(axis=0, dtype=gray.dtype).cumsum(axis=1, dtype=gray.dtype)
    return np.pad(sums, ((1, 0), (1, 0)))

# %% wrong="integral-image" why="left out the pixel itself: S[i + 1, j + 1] has to include gray[i, j]"
def integral_image(gray):
    S = np.zeros((gray.shape[0] + 1, gray.shape[1] + 1))
    S[2:, 2:] = gray.astype(float).cumsum(axis=0).cumsum(axis=1)[:-1, :-1]
    return S

# %% wrong="integral-image" why="added S above and S to the left without taking away the corner that both contain"
def integral_image(gray):
    S = np.zeros((gray.shape[0] + 1, gray.shape[1] + 1))
    for i in range(gray.shape[0]):
        for j in range(gray.shape[1]):
            S[i + 1, j + 1] = gray[i, j] + S[i, j + 1] + S[i + 1, j]
    return S

# %% wrong="integral-image" why="added up from the lower right corner"
def integral_image(gray):
    return np.pad(gray.astype(float)[::-1, ::-1].cumsum(axis=0).cumsum(axis=1)[::-1, ::-1], ((1, 0), (1, 0)))

# %% right="integral-image" how="with one loop over the pixels, each sum from three others"
def integral_image(gray):
    H, W = gray.shape
    S = np.zeros((H + 1, W + 1))
    for i in range(H):
        for j in range(W):
            S[i + 1, j + 1] = float(gray[i, j]) + S[i, j + 1] + S[i + 1, j] - S[i, j]
    return S

# %% right="integral-image" how="straight from the definition, slowly"
def integral_image(gray):
    H, W = gray.shape
    return [[float(gray[:i, :j].astype(float).sum()) for j in range(W + 1)] for i in range(H + 1)]

# %% right="integral-image" how="with scikit-image"
def integral_image(gray):
    return np.pad(transform.integral_image(gray), ((1, 0), (1, 0)))

# %% right="integral-image" how="with two triangular matrices"
def integral_image(gray):
    H, W = gray.shape
    return np.tri(H + 1, H, -1) @ gray @ np.tri(W + 1, W, -1).T

# %% right="integral-image" how="padded first, in float32"
def integral_image(gray):
    return np.cumsum(np.cumsum(np.pad(gray.astype(np.float32), ((1, 0), (1, 0))), axis=0), axis=1)

# %% [markdown] hint="integral-image"
# `a.cumsum(axis=0)` adds up downwards. What is the second step?

# %% [markdown] hint="integral-image"
# Make an array of zeros that is one larger on both axes. Into which slice of it do the sums go?

# %% [markdown]
# ### Idea 2: features of rectangles
#
# What tells a face from anything else?
# In nearly every face, under nearly every light, the eyes are darker than the cheeks below them, and darker than the bridge of the nose between them.
# Viola and Jones turned such sentences into numbers: sums over bright rectangles minus sums over dark ones, named after the wavelets of Alfréd Haar (1910).
# Two of them, and they are the first two that their program chose by itself:

# %%
def pattern(height, width, kind):
    """+1 and -1 where a feature adds and subtracts, (height, width)."""
    bands = np.repeat([-1, 1], height // 2)[:, None] if kind == "two" else np.repeat([-1, 1, -1], width // 3)[None, :]
    return bands * np.ones((height, width))

side_by_side([np.pad(pattern(12, 18, kind), 3) for kind in ("two", "three")], ['"two"', '"three"'], "White counts plus, black counts minus: what in a face would each find?", height=1.6);

# %% [markdown]
# ### Exercise · Haar features (★★☆ · 15 minutes)
#
# Write `haar_feature(S, top, left, height, width, kind)`.
# `S` is an integral image (you do not get the picture), and the window covers the rows `top` to `top + height - 1` and the columns `left` to `left + width - 1`.
#
# - `kind="two"`: the sum of the lower half of the window minus the sum of its upper half (`height` is even);
# - `kind="three"`: the sum of the middle third, between two upright cuts, minus the sums of the left and of the right third (`width` is a multiple of 3).

# %% solve="haar-feature"
def haar_feature(S, top, left, height, width, kind):
    """Lower half minus upper half ("two"), or middle third minus both outer thirds ("three"), from the integral image S."""
    ### BEGIN SOLUTION
    def box(t, l, b, r):
        return S[b, r] - S[t, r] - S[b, l] + S[t, l]

    bottom, right = top + height, left + width
    if kind == "two":
        middle = top + height // 2
        return box(middle, left, bottom, right) - box(top, left, middle, right)
    third = width // 3
    middle = box(top, left + third, bottom, right - third)
    return middle - (box(top, left, bottom, right) - middle)
    ### END SOLUTION

# %% check="haar-feature" points=2
S_small = np.array([[0.0, 0, 0, 0], [0, 1, 3, 6], [0, 5, 12, 21]])         # of [[1, 2, 3], [4, 5, 6]]
vc.assert_close(haar_feature(S_small, 0, 0, 2, 3, "two"), 9.0, "kind two over [[1, 2, 3], [4, 5, 6]]: (4 + 5 + 6) - (1 + 2 + 3)")
vc.assert_close(haar_feature(S_small, 0, 0, 2, 3, "three"), -7.0, "kind three over [[1, 2, 3], [4, 5, 6]]: (2 + 5) - (1 + 4) - (3 + 6)")
### BEGIN HIDDEN TESTS
def compare_with_sums(H, W, top, left, height, width):
    pixels_below = vc.draw(rng, (H, W))
    S_random = np.pad(pixels_below, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    window = pixels_below[top:top + height, left:left + width]
    where = f"window at ({top}, {left}) of height {height} and width {width}"
    if height % 2 == 0:
        signs = np.repeat([-1, 1], height // 2)[:, None]
        vc.assert_close(haar_feature(S_random, top, left, height, width, "two"), (signs * window).sum(), f"kind two, {where}", atol=1e-7)
    if width % 3 == 0:
        signs = np.repeat([-1, 1, -1], width // 3)
        vc.assert_close(haar_feature(S_random, top, left, height, width, "three"), (signs * window).sum(), f"kind three, {where}", atol=1e-7)
compare_with_sums(12, 15, 3, 2, 6, 9)
compare_with_sums(12, 15, 0, 0, 12, 15)
compare_with_sums(9, 20, 1, 7, 4, 12)
compare_with_sums(9, 20, 6, 4, 2, 5)
compare_with_sums(8, 8, 2, 5, 5, 3)
### END HIDDEN TESTS

# %% wrong="haar-feature" why="took the upper half minus the lower half"
# - box(middle, left, bottom, right) - box(top, left, middle, right)
# + box(top, left, middle, right) - box(middle, left, bottom, right)

# %% wrong="haar-feature" why="cut the window of kind two with an upright line, into left and right"
# - top + height // 2
# + left + width // 2
# - box(middle, left, bottom, right) - box(top, left, middle, right)
# + box(top, middle, bottom, right) - box(top, left, bottom, middle)

# %% wrong="haar-feature" why="took the outer thirds minus the middle one"
# - middle - (box(top, left, bottom, right) - middle)
# + box(top, left, bottom, right) - middle - middle

# %% wrong="haar-feature" why="counted the middle third twice, as OpenCV does so that a flat window gives zero; Viola and Jones count it once"
# - return middle -
# + return 2 * middle -

# %% wrong="haar-feature" why="took the whole window away from the middle third, so that the middle cancels"
# - (box(top, left, bottom, right) - middle)
# + box(top, left, bottom, right)

# %% wrong="haar-feature" why="cut the window of kind three with level lines"
# - width // 3
# + height // 3
# - box(top, left + third, bottom, right - third)
# + box(top + third, left, bottom - third, right)

# %% wrong="haar-feature" why="forgot to add the corner S[t, l] back, which is taken away twice"
def haar_feature(S, top, left, height, width, kind):
    box = lambda t, l, b, r: S[b, r] - S[t, r] - S[b, l]
    b, r, half, third = top + height, left + width, height // 2, width // 3
    if kind == "two":
        return box(top + half, left, b, r) - box(top, left, top + half, r)
    return box(top, left + third, b, r - third) - box(top, left, b, left + third) - box(top, r - third, b, r)

# %% wrong="haar-feature" why="read S as if it had no row and column of zeros: the last row and column of each rectangle are missing"
# - S[b, r] - S[t, r] - S[b, l] + S[t, l]
# + S[b - 1, r - 1] - S[t - 1, r - 1] - S[b - 1, l - 1] + S[t - 1, l - 1]

# %% wrong="haar-feature" why="averaged each rectangle, where sums are asked for"
def haar_feature(S, top, left, height, width, kind):
    box = lambda t, l, b, r: (S[b, r] - S[t, r] - S[b, l] + S[t, l]) / ((b - t) * (r - l))
    b, r, half, third = top + height, left + width, height // 2, width // 3
    if kind == "two":
        return box(top + half, left, b, r) - box(top, left, top + half, r)
    return box(top, left + third, b, r - third) - box(top, left, b, left + third) - box(top, r - third, b, r)

# %% wrong="haar-feature" why="mixed up rows and columns: S is indexed [row, column]"
# - S[b, r] - S[t, r] - S[b, l] + S[t, l]
# + S[r, b] - S[r, t] - S[l, b] + S[l, t]

# %% wrong="haar-feature" why="used height and width as the lower right corner; it is top + height, left + width"
# - top + height, left + width
# + height, width

# %% wrong="haar-feature" why="took the corner S[t, l] away once more, where it has to be added back"
def haar_feature(S, top, left, height, width, kind):
    box = lambda t, l, b, r: S[b, r] - S[t, r] - S[b, l] - S[t, l]
    b, r, half, third = top + height, left + width, height // 2, width // 3
    if kind == "two":
        return box(top + half, left, b, r) - box(top, left, top + half, r)
    return box(top, left + third, b, r - third) - box(top, left, b, left + third) - box(top, r - third, b, r)

# %% wrong="haar-feature" why="added up entries of S as if they were pixels; each of them is a sum already"
def haar_feature(S, top, left, height, width, kind):
    window = S[top:top + height, left:left + width]
    if kind == "two":
        return window[height // 2:].sum() - window[:height // 2].sum()
    third = width // 3
    return window[:, third:2 * third].sum() - window[:, :third].sum() - window[:, 2 * third:].sum()

# %% wrong="haar-feature" why="added the right third, where both outer thirds are taken away"
# - box(top, left, bottom, right) - middle
# + box(top, left, bottom, left + third) - box(top, right - third, bottom, right)

# %% right="haar-feature" how="with a list of signed rectangles"
def haar_feature(S, top, left, height, width, kind):
    if kind == "two":
        half = height // 2
        signed = [(-1, top, left, half, width), (1, top + half, left, half, width)]
    else:
        third = width // 3
        signed = [(sign, top, left + n * third, height, third) for n, sign in enumerate([-1, 1, -1])]
    return sum(sign * (S[t + h, l + w] - S[t, l + w] - S[t + h, l] + S[t, l]) for sign, t, l, h, w in signed)

# %% right="haar-feature" how="as weights on the corners"
def haar_feature(S, top, left, height, width, kind):
    rows = [top, top + height // 2, top + height] if kind == "two" else [top, top + height]
    columns = [left, left + width] if kind == "two" else [left, left + width // 3, left + 2 * width // 3, left + width]
    corners = S[np.ix_(rows, columns)]
    sums = np.diff(np.diff(corners, axis=0), axis=1)
    return float((sums * ([[-1], [1]] if kind == "two" else [[-1, 1, -1]])).sum())

# %% right="haar-feature" how="by rebuilding the pixels, slowly"
def haar_feature(S, top, left, height, width, kind):
    pixels = np.diff(np.diff(S, axis=0), axis=1)[top:top + height, left:left + width]
    if kind == "two":
        return pixels[height // 2:].sum() - pixels[:height // 2].sum()
    left_third, middle, right_third = np.split(pixels, 3, axis=1)
    return middle.sum() - left_third.sum() - right_third.sum()

# %% [markdown] hint="haar-feature"
# Write a small function `box(t, l, b, r)` inside yours, with the four look-ups of the formula. Then each kind is one line.

# %% [markdown] hint="haar-feature"
# The four corners of the lower half: at which row does it begin, and at which does it end?

# %% [markdown]
# How many such features are there?
# Viola and Jones used windows of 24 × 24 pixels, and five shapes: two and three rectangles, each lying and standing, and four in a chessboard.

# %%
shapes = [(1, 2), (2, 1), (1, 3), (3, 1), (2, 2)]          # rectangles down and across
count = sum((24 - h + 1) * (24 - w + 1) for down, across in shapes for h in range(down, 25, down) for w in range(across, 25, across))
print(f"{count:,} features for {24 * 24} pixels")

# %% [markdown]
# Far too many to look at, so a program has to choose.
# Here are 100 faces (from Labeled Faces in the Wild, Huang and others, 2007) and 300 pieces of photographs without one, all 25 × 25 pixels.
# Each is scaled to mean 0 and standard deviation 1, which takes out the light.

# %% given
rng_pieces = np.random.default_rng(3)
backgrounds = [to_gray(vc.data.photo(name)) for name in ("coffee", "rocket", "motorcycle")]

def cut_piece(image):
    """A square piece from anywhere in an image, 25 to 150 pixels wide, shrunk to 25 x 25."""
    side = rng_pieces.integers(25, 150)
    r, c = rng_pieces.integers(0, np.subtract(image.shape, side))
    return transform.resize(image[r:r + side, c:c + side], (25, 25), anti_aliasing=True)

# %%
faces = vc.data.photos.faces()[0][:100]
windows = np.concatenate([faces, [cut_piece(backgrounds[n % 3]) for n in range(300)]])
windows = (windows - windows.mean(axis=(1, 2), keepdims=True)) / windows.std(axis=(1, 2), keepdims=True)
is_face = np.arange(400) < 100
train = np.arange(400) % 2 == 0                            # every second one to learn from, the others to test

# %%
vc.show_images(windows[[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, *range(100, 110)]] / 5 + 0.5, title="Ten faces and ten other things, as the program gets them")

# %%
candidates = [(top, left, height, width, kind) for kind in ("two", "three") for height in (4, 8, 12) for width in (6, 12, 18, 24)
              for top in range(0, 26 - height, 3) for left in range(0, 26 - width, 3)]
sums = [integral_image(window) for window in windows]
values = np.array([[haar_feature(S, *candidate) for candidate in candidates] for S in sums])
print(f"{values.shape[1]} features of {len(values)} windows")

# %% [markdown]
# One feature and one threshold make a **weak classifier**: "a face, if this number is above that".
# *Predict:* how well can the best one of them do on windows that it has not seen?
# Calling nothing a face is right for 75 %.
#
# **Boosting** (Yoav Freund and Robert Schapire, 1995) lets many of them vote.
# It picks the best weak classifier, gives more weight to the examples that it got wrong, picks the best for these, and so on.

# %%
accuracy = {}
for rounds in (1, 2, 5, 10, 20, 40):
    boost = AdaBoostClassifier(DecisionTreeClassifier(max_depth=1), n_estimators=rounds, random_state=0).fit(values[train], is_face[train])
    accuracy[rounds] = boost.score(values[~train], is_face[~train])
print("\n".join(f"{rounds:2d} features: {share:.1%} of the new windows right" for rounds, share in accuracy.items()))

# %% [markdown]
# The best single feature is hardly better, if at all, than calling nothing a face.
# Together, features that are each hardly better than guessing make a good judge: that is what boosting is about.
#
# Which features did it choose first?
# *Predict:* draw two rectangles on a face before you look.

# %%
chosen = [candidates[tree.tree_.feature[0]] for tree in boost.estimators_[:4]]
axes = side_by_side([windows[:100].mean(axis=0)] * 4, [f"{n + 1}. choice: {c[4]}" for n, c in enumerate(chosen)],
                    "On the average face: the first four features that boosting chose", height=2.2)
for ax, (top, left, height, width, kind) in zip(axes, chosen):
    ax.imshow(pattern(height, width, kind), cmap="gray", alpha=0.5, extent=(left - 0.5, left + width - 0.5, top + height - 0.5, top - 0.5))
    ax.set(xlim=(-0.5, 24.5), ylim=(24.5, -0.5))

# %% [markdown]
# They differ from those of Viola and Jones, who had 4916 faces and other backgrounds; but dark and bright parts of a *face* they are.
#
# And the same features on a real photograph?
# The next picture slides both patterns, in the size of her face, over the astronaut (the average of each neighbourhood is taken away first, as it was for the small windows).
# The boxes are where she has her eyes, read off the picture, and the diamonds are their answers (a point of the response is the upper left corner of a window).
# Is the answer there the strongest of all?

# %%
head = astronaut[40:230, 130:340]
S_head = integral_image(head - ndimage.uniform_filter(head, 50))
rows, columns = np.arange(0, 150, 2), np.arange(0, 150, 2)
sizes = {"two": (12, 54), "three": (8, 54)}
eyes = {"two": (60, 70), "three": (56, 66)}                # upper left corner of a window on her eyes
response = {kind: np.array([[haar_feature(S_head, r, c, *size, kind) for c in columns] for r in rows]) for kind, size in sizes.items()}

# %%
axes = side_by_side([head, *response.values()], ["photograph", 'response to "two"', 'response to "three"'], "Bright: the pattern fits. What else in the picture looks like eyes to it?", height=2.6)
for (kind, (top, left)), colour, style, ax in zip(eyes.items(), ("#DDAA33", "#66CCEE"), ("-", "--"), axes[1:]):
    axes[0].add_patch(plt.Rectangle((left, top), sizes[kind][1], sizes[kind][0], fill=False, edgecolor=colour, linestyle=style, linewidth=2))
    ax.plot(left / 2, top / 2, "D", color=colour, markeredgecolor="black")
    print(f'"{kind}" on her eyes answers more strongly than {np.mean(response[kind] < response[kind][top // 2, left // 2]):.0%} of all windows')

# %% [markdown]
# One feature alone is easily fooled by a collar or a shadow, and even forty in a vote would cost forty times the work at every place and size.
#
# ### Idea 3: the cascade
#
# Most of a photograph is not a face, and one sees it at once.
# So put a small vote first that throws out half of all windows and keeps nearly all faces, then a larger one for what is left, and so on.
#
# *Predict:* every stage keeps 99 % of the faces and half of everything else.
# What is left after 20 stages?

# %%
print(f"faces: {0.99**20:.0%}   other windows: {0.5**20:.6%}, one in {2**20:,}")

# %% [markdown]
# scikit-image comes with such a cascade, trained for OpenCV.
# (Its features are not Haar's but local binary patterns; cascade and boosting are as you know them.)
#
# *Predict:* how many faces will it find in each of these three photographs?

# %%
cascade = feature.Cascade(data.lbp_frontal_face_cascade_filename())
seen = {name: vc.data.photo(name) for name in ("astronaut", "chelsea", "coffee")}
boxes = {name: cascade.detect_multi_scale(img=image, scale_factor=1.2, step_ratio=1, min_size=(60, 60), max_size=(250, 250)) for name, image in seen.items()}
axes = side_by_side(list(seen.values()), [f"{name}: {len(found)} found" for name, found in boxes.items()], "A face detector, trained once, at work", height=3)
for ax, found in zip(axes, boxes.values()):
    for box in found:
        ax.add_patch(plt.Rectangle((box["c"], box["r"]), box["width"], box["height"], fill=False, edgecolor="#66CCEE", linewidth=3))

# %% [markdown]
# A box on anything else than a human face is a false alarm; did you get one?
# A face detector has never seen a cat, only many photographs without faces, and there were few whiskers among them.
#
# The rules are gone.
# Nobody told it about eyes: the programmer only offered rectangles, and *examples* chose among them.
# With this, learning from data reached everybody's pocket, and the answer to our question began to change: half of the knowledge was now put in by data.

# %% [markdown]
# ## 8 · Counting edges, here and there
#
# A face always has the same parts at the same places; a person walking does not.
# What stays the same about people who stand, walk, wear coats?
# Their outline: roughly upright edges left and right, a round one on top.
#
# ### HOG
#
# Navneet Dalal and Bill Triggs (2005) described a window by **histograms of oriented gradients**:
#
# 1. **Slopes**, without any smoothing: $g_x[i, j] = \text{gray}[i, j+1] - \text{gray}[i, j-1]$, and $g_y$ likewise with rows; on the border of the picture the slope across it is 0.
# 2. **Length and direction**: $\sqrt{g_x^2 + g_y^2}$ and the angle of $(g_x, g_y)$ in degrees, taken modulo 180: an edge from dark to bright and one from bright to dark count as the same.
# 3. **Cells**: cut the picture into squares of `cell` × `cell` pixels. Each has a histogram with `bins` equal bins from 0° to 180°; each pixel adds its *length* to the bin of its direction.
# 4. **Blocks**: for every 2 × 2 neighbouring cells, put their four histograms $v$ in a row and divide by $\sqrt{\lVert v \rVert^2 + 10^{-10}}$. Blocks overlap: the next one begins one cell further.
# 5. All blocks in reading order make the descriptor.
#
# Step 3 keeps the direction and forgets the exact place, step 4 takes out the light.

# %% [markdown]
# ### Exercise · HOG (★★★ · 30 minutes)
#
# Write `hog_descriptor(gray, cell=8, bins=9)` for floats of shape $(H, W)$, by the five steps above.
# Angle $a$ belongs to bin $\lfloor a / (180 / \text{bins}) \rfloor$ and to no other (the paper shares it between two bins; we do not).
# Rows and columns that do not fill a cell are left out of the histograms.
# Order: block row, block column, then cell row and cell column inside the block, then bin: $4 \cdot \text{bins}$ numbers per block.

# %% solve="hog-descriptor"
def hog_descriptor(gray, cell=8, bins=9):
    """HOG of (H, W): for each 2 x 2 cells, overlapping, four histograms of direction, scaled to length 1; one flat array."""
    ### BEGIN SOLUTION
    gx, gy = np.zeros(gray.shape), np.zeros(gray.shape)
    gx[:, 1:-1] = gray[:, 2:] - gray[:, :-2]
    gy[1:-1] = gray[2:] - gray[:-2]
    length = np.hypot(gx, gy)
    number = np.floor(np.degrees(np.arctan2(gy, gx)) % 180 / (180 / bins)).astype(int) % bins
    rows, columns = gray.shape[0] // cell, gray.shape[1] // cell
    histograms = np.zeros((rows, columns, bins))
    for i, j in np.ndindex(rows, columns):
        here = slice(i * cell, (i + 1) * cell), slice(j * cell, (j + 1) * cell)
        histograms[i, j] = np.bincount(number[here].ravel(), length[here].ravel(), minlength=bins)
    blocks = [histograms[i:i + 2, j:j + 2].ravel() for i in range(rows - 1) for j in range(columns - 1)]
    return np.concatenate([v / np.sqrt(v @ v + 1e-10) for v in blocks])
    ### END SOLUTION

# %% check="hog-descriptor" points=3
stripes = np.tile([0.0, 0, 1, 1], (16, 4))                 # upright stripes: all slopes point left or right, which is 0 degrees
flat = hog_descriptor(stripes)
assert len(flat) == 36, "16 x 16 pixels are 2 x 2 cells of 8 x 8, so one block of 4 cells with 9 bins"
vc.assert_close(np.reshape(flat, (4, 9))[:, 1:], np.zeros((4, 8)), "upright stripes fill only bin 0 of each cell; the other bins")
vc.assert_close(np.sum(np.square(flat)), 1.0, "the squares of a block's numbers add up to 1")
### BEGIN HIDDEN TESTS
from skimage.feature import hog as library_hog
def compare_with_library(texture, cell, bins):
    kept = texture.copy()
    wanted = library_hog(texture, orientations=bins, pixels_per_cell=(cell, cell), cells_per_block=(2, 2), block_norm="L2")
    got = np.ravel(hog_descriptor(texture, cell, bins))
    vc.assert_close(got, wanted, f"HOG of a random picture of shape {texture.shape}, cell {cell}, bins {bins}", rtol=1e-5, atol=1e-6)
    assert np.array_equal(texture, kept), "the picture that came in must not be changed"
compare_with_library(vc.draw(rng, (24, 32)), 8, 9)
compare_with_library(vc.draw(rng, (20, 12)), 4, 9)
compare_with_library(vc.draw(rng, (23, 21)), 5, 6)
compare_with_library(vc.draw(rng, (12, 18)) + 3 * np.arange(18.0), 6, 8)
texture = vc.draw(rng, (19, 27))
vc.assert_close(hog_descriptor(texture), hog_descriptor(texture, 8, 9), "without cell and bins they are 8 and 9")
### END HIDDEN TESTS

# %% wrong="hog-descriptor" why="kept all 360 degrees, so that an edge and its reverse fall into different bins"
# - 180 / (180 / bins)
# + 360 / (360 / bins)

# %% wrong="hog-descriptor" why="counted pixels, where each has to add the length of its slope"
# - number[here].ravel(), length[here].ravel(), minlength
# + number[here].ravel(), minlength

# %% wrong="hog-descriptor" why="rounded the angle to the nearest bin, where floor is asked for"
# - floor
# + round

# %% wrong="hog-descriptor" why="measured the angle from the wrong axis: np.arctan2 takes gy first"
# - gy, gx
# + gx, gy

# %% wrong="hog-descriptor" why="left the angle in radians while the bins are in degrees"
# - degrees(np.arctan2(gy, gx))
# + arctan2(gy, gx)

# %% wrong="hog-descriptor" why="did not normalise the blocks"
# - v / np.sqrt(v @ v + 1e-10) for v in blocks
# + v for v in blocks

# %% wrong="hog-descriptor" why="divided each block by its sum (L1), where its Euclidean length is asked for"
# - / np.sqrt(v @ v + 1e-10)
# + / (v.sum() + 1e-10)

# %% wrong="hog-descriptor" why="scaled each histogram by itself, where the four of a block share one length"
# - blocks = [histograms
# + histograms /= np.sqrt((histograms**2).sum(axis=2, keepdims=True) + 1e-10)
# + blocks = [histograms
# - [v / np.sqrt(v @ v + 1e-10) for v in blocks]
# + blocks

# %% wrong="hog-descriptor" why="scaled the whole descriptor once, where each block has a length of its own"
# - return np.concatenate([v / np.sqrt(v @ v + 1e-10) for v in blocks])
# + v = np.concatenate(blocks)
# + return v / np.sqrt(v @ v + 1e-10)

# %% wrong="hog-descriptor" why="let the blocks lie side by side (steps of two cells), where they overlap (steps of one)"
# - range(rows - 1)
# + range(0, rows - 1, 2)
# - range(columns - 1)
# + range(0, columns - 1, 2)

# %% wrong="hog-descriptor" why="walked through the blocks column by column, where reading order is asked for"
# - for i in range(rows - 1) for j in range(columns - 1)
# + for j in range(columns - 1) for i in range(rows - 1)

# %% wrong="hog-descriptor" why="used np.gradient, which has a slope on the border too, where 0 is asked for"
# - gx, gy = np.zeros(gray.shape), np.zeros(gray.shape)
# - gx[:, 1:-1] = gray[:, 2:] - gray[:, :-2]
# - gy[1:-1] = gray[2:] - gray[:-2]
# + gy, gx = np.gradient(gray)

# %% wrong="hog-descriptor" why="smoothed the slopes with Sobel's kernel; step 1 says without smoothing"
# - gx, gy = np.zeros(gray.shape), np.zeros(gray.shape)
# - gx[:, 1:-1] = gray[:, 2:] - gray[:, :-2]
# - gy[1:-1] = gray[2:] - gray[:-2]
# + gx, gy = ndimage.sobel(gray, axis=1, mode="nearest") / 8, ndimage.sobel(gray, axis=0, mode="nearest") / 8

# %% wrong="hog-descriptor" why="clipped the blocks at 0.2 and scaled them again (L2-Hys, as the paper does), where step 4 has one division only"
def hog_descriptor(gray, cell=8, bins=9):
    R, C = gray.shape[0] // cell, gray.shape[1] // cell
    return feature.hog(gray, orientations=bins, pixels_per_cell=(cell, cell), cells_per_block=(2, 2), block_norm="L2-Hys")

# %% wrong="hog-descriptor" why="put each pixel into two neighbouring bins by interpolation, which this exercise leaves out"
# - np.floor(np.degrees(np.arctan2(gy, gx)) % 180 / (180 / bins)).astype(int) % bins
# + np.degrees(np.arctan2(gy, gx)) % 180 / (180 / bins) - 0.5
# - histograms[i, j] = np.bincount(number[here].ravel(), length[here].ravel(), minlength=bins)
# + low, share = np.floor(number[here]).astype(int).ravel(), (number[here] % 1).ravel()
# + histograms[i, j] = np.bincount(low % bins, (length[here].ravel() * (1 - share)), bins) + np.bincount((low + 1) % bins, length[here].ravel() * share, bins)

# %% wrong="hog-descriptor" why="called np.histogram without range=(0, 180), so that the bins of each cell run from its own smallest to its largest angle"
# - np.floor(np.degrees(np.arctan2(gy, gx)) % 180 / (180 / bins)).astype(int) % bins
# + np.degrees(np.arctan2(gy, gx)) % 180
# - np.bincount(number[here].ravel(), length[here].ravel(), minlength=bins)
# + np.histogram(number[here], bins, weights=length[here])[0]

# %% wrong="hog-descriptor" why="dropped the sign of the angle, which mirrors the directions: modulo 180 makes 150 of -30"
# - np.floor(np.degrees(np.arctan2(gy, gx)) % 180 / (180 / bins)).astype(int) % bins
# + np.abs(np.degrees(np.arctan2(gy, gx)))
# - np.bincount(number[here].ravel(), length[here].ravel(), minlength=bins)
# + np.histogram(number[here], bins, range=(0, 180), weights=length[here])[0]

# %% wrong="hog-descriptor" why="set the bin to the length of the last pixel, where the lengths of all pixels are added up"
# - histograms[i, j] = np.bincount(number[here].ravel(), length[here].ravel(), minlength=bins)
# + histograms[i, j, number[here]] = length[here]

# %% right="hog-descriptor" how="without loops over cells"
def hog_descriptor(gray, cell=8, bins=9):
    gx, gy = np.pad(gray[:, 2:] - gray[:, :-2], ((0, 0), (1, 1))), np.pad(gray[2:] - gray[:-2], ((1, 1), (0, 0)))
    length, number = np.hypot(gx, gy), (np.arctan2(gy, gx) % np.pi * bins / np.pi).astype(int).clip(0, bins - 1)
    R, C = gray.shape[0] // cell, gray.shape[1] // cell
    one = np.eye(bins)[number] * length[:, :, None]
    h = one[:R * cell, :C * cell].reshape(R, cell, C, cell, bins).sum(axis=(1, 3))
    blocks = np.stack([h[:-1, :-1], h[:-1, 1:], h[1:, :-1], h[1:, 1:]], axis=2).reshape(R - 1, C - 1, -1)
    return (blocks / np.sqrt((blocks**2).sum(axis=2, keepdims=True) + 1e-10)).ravel()

# %% right="hog-descriptor" how="with loops over all pixels"
def hog_descriptor(gray, cell=8, bins=9):
    import math
    H, W = gray.shape
    R, C = H // cell, W // cell
    h = np.zeros((R, C, bins))
    for i in range(R * cell):
        for j in range(C * cell):
            gx = gray[i, j + 1] - gray[i, j - 1] if 0 < j < W - 1 else 0.0
            gy = gray[i + 1, j] - gray[i - 1, j] if 0 < i < H - 1 else 0.0
            angle = math.degrees(math.atan2(gy, gx)) % 180
            h[i // cell, j // cell, min(int(angle * bins / 180), bins - 1)] += math.hypot(gx, gy)
    found = []
    for i in range(R - 1):
        for j in range(C - 1):
            v = h[i:i + 2, j:j + 2].flatten()
            found += (v / math.sqrt((v**2).sum() + 1e-10)).tolist()
    return found

# %% right="hog-descriptor" how="with scikit-image"
def hog_descriptor(gray, cell=8, bins=9):
    return feature.hog(gray, orientations=bins, pixels_per_cell=(cell, cell), cells_per_block=(2, 2), block_norm="L2")

# %% right="hog-descriptor" how="with np.add.at, blocks in an array of their own"
def hog_descriptor(gray, cell=8, bins=9):
    gx, gy = np.zeros_like(gray), np.zeros_like(gray)
    gx[:, 1:-1], gy[1:-1, :] = gray[:, 2:] - gray[:, :-2], gray[2:, :] - gray[:-2, :]
    R, C = gray.shape[0] // cell, gray.shape[1] // cell
    r, c = np.indices((R * cell, C * cell))
    bin_number = np.minimum((np.rad2deg(np.arctan2(gy, gx)) % 180) // (180 / bins), bins - 1).astype(int)
    h = np.zeros((R, C, bins))
    np.add.at(h, (r // cell, c // cell, bin_number[r, c]), np.sqrt(gx**2 + gy**2)[r, c])
    out = np.zeros((R - 1, C - 1, 2, 2, bins))
    for i in range(R - 1):
        for j in range(C - 1):
            out[i, j] = h[i:i + 2, j:j + 2] / np.sqrt((h[i:i + 2, j:j + 2] ** 2).sum() + 1e-10)
    return out.reshape(-1)

# %% [markdown] hint="hog-descriptor"
# Go step by step and look at each result: arrays `gx`, `gy` of shape $(H, W)$; then `length` and `angle` of the same shape; then `histograms` of shape (rows of cells, columns of cells, bins). Which of them surprises you?

# %% [markdown] hint="hog-descriptor"
# `np.degrees(np.arctan2(gy, gx)) % 180` is the angle. `np.bincount(numbers, weights, minlength=bins)` adds up weights per number: which numbers and which weights are meant here?

# %% [markdown] hint="hog-descriptor"
# With $R \times C$ cells there are $(R - 1) \times (C - 1)$ blocks: `histograms[i:i + 2, j:j + 2].ravel()` is one of them.

# %% [markdown]
# What does a descriptor look like?
# Each cell below is drawn as nine short lines, each along an *edge* (at right angles to the slope), the brighter the more of it there is.
#
# *Predict:* what will you still recognise?

# %% given
from matplotlib.collections import LineCollection

def draw_cells(ax, histograms):
    """Each histogram (R, C, bins) as a star of lines, one along the edges of each bin, as bright as the bin is full."""
    R, C, bins = histograms.shape
    i, j, b = np.indices(histograms.shape).reshape(3, -1)
    along = np.pi * (b + 0.5) / bins + np.pi / 2
    step = 0.45 * np.stack([np.cos(along), np.sin(along)], axis=1)
    middle = np.stack([j, i], axis=1) + 0.5
    brightness = (histograms.ravel() / np.quantile(histograms, 0.995)).clip(0, 1) ** 2
    order = np.argsort(brightness)                         # the brightest on top
    ax.add_collection(LineCollection(np.stack([middle - step, middle + step], axis=1)[order], colors=plt.cm.gray(brightness[order]), linewidths=1.6))
    ax.set(xlim=(0, C), ylim=(R, 0), aspect="equal", facecolor="black", xticks=[], yticks=[])

# %%
bust = astronaut[10:330, 60:380]                           # 320 x 320: 40 x 40 cells of 8 x 8
blocks = np.reshape(hog_descriptor(bust), (39, 39, 2, 2, 9))
figure, panels = plt.subplots(1, 2, figsize=(10, 5.2), layout="constrained")
panels[0].imshow(bust, cmap="gray")
panels[0].axis("off")
draw_cells(panels[1], blocks.mean(axis=(2, 3)))
figure.suptitle("What HOG keeps of a photograph: step back and look again");

# %% [markdown]
# Dalal and Triggs gave such a descriptor to a linear classifier, one weight per number, and slid it over the picture.
# Here is the same for our faces: three descriptions of the same 400 windows, one linear classifier.
#
# *Predict:* which one is best with only ten faces to learn from, and which with fifty?
# (Calling nothing a face would again be right for 75 %.)

# %%
descriptors = {"pixels": windows.reshape(400, -1), "Haar features": values / values.std(axis=0),
               "HOG": np.array([hog_descriptor(window, cell=5) for window in windows])}
for share in (10, 2):
    few = np.arange(400) % share == 0                      # 10 or 50 faces, 30 or 150 other pieces
    print(f"{few[:100].sum()} faces:", ", ".join(f"{name} {LinearSVC(C=0.1, max_iter=5000).fit(X[few], is_face[few]).score(X[~train], is_face[~train]):.1%}"
                                                  for name, X in descriptors.items()))

# %%
classifier = LinearSVC(C=0.1).fit(descriptors["HOG"][train], is_face[train])
says_face = (classifier.coef_[0] * descriptors["HOG"][:100].mean(axis=0)).reshape(4, 4, 2, 2, 9).clip(0)    # weight times what faces have
evidence = np.zeros((5, 5, 9))
for i, j in np.ndindex(2, 2):
    evidence[i:i + 4, j:j + 4] += says_face[:, :, i, j]    # a cell belongs to up to four blocks

# %%
figure, panels = plt.subplots(1, 2, figsize=(6, 3.3), layout="constrained")
panels[0].imshow(windows[:100].mean(axis=0), cmap="gray")
panels[0].axis("off")
draw_cells(panels[1], evidence)
figure.suptitle("The average face, and the edges in it that say \"face\" to the classifier");

# %% [markdown]
# ### From pixels to edges to parts
#
# You have now built the whole ladder of the years before 2012; climb it.
# Drag the box in the first picture (or move it with the arrow keys): it cuts out a **part**.
# The second picture shows the edges, the third the histograms of direction inside the box.
# The last one looks for the part in a *changed* photograph: choose the light with the slider, and whether pixels or edges are compared.
#
# *Predict:* find a box that pixels can no longer find when the light fades, while edges can.
# Then find one that even edges lose.

# %% picture
vc.widgets.PixelsToParts("astronaut", row=36, column=44, light=0.6, by="pixels")

# %% [markdown]
# ### Spatial pyramids
#
# Parts can also be *counted*.
# Assign each small patch of a photograph to the nearest of $V$ typical patches, its **visual word** (Josef Sivic and Andrew Zisserman, 2003; Gabriella Csurka and others, 2004), and describe the photograph by how often each word occurs.
# Such a **bag of words** knows what is in the picture, and nothing about where.
#
# Svetlana Lazebnik, Cordelia Schmid and Jean Ponce (2006) counted in the whole picture, in each quarter, in each sixteenth, and so on: a **spatial pyramid**.
# Finer levels count more, because agreement there is harder to have by chance.
# With levels $0 \ldots L$, where level $l$ has $2^l \times 2^l$ cells, the weights are
#
# $$w_0 = \frac{1}{2^L}, \qquad w_l = \frac{1}{2^{L - l + 1}} \; \text{ for } l \ge 1$$

# %% [markdown]
# ### Exercise · Spatial pyramid (★★☆ · 15 minutes)
#
# Write `spatial_pyramid(words, V, levels=3)`.
# `words` is $(H, W)$, the word (0 to $V - 1$) at each place; `levels` is $L + 1$.
# For each cell of each level, count the words, divide by $H \cdot W$ and multiply with the weight of the level.
# Cell $i$ of $n$ has the rows from `i * H // n` up to, not including, `(i + 1) * H // n`; columns likewise.
# Return one array: level 0 first, the cells of a level in reading order, $V$ numbers per cell.

# %% solve="spatial-pyramid"
def spatial_pyramid(words, V, levels=3):
    """Weighted word counts of 1, 4, 16, ... cells, over H * W, in one array of length V * (1 + 4 + 16 + ...)."""
    ### BEGIN SOLUTION
    H, W = words.shape
    L = levels - 1
    parts = []
    for l in range(levels):
        n = 2**l
        weight = 1 / 2**L if l == 0 else 1 / 2 ** (L - l + 1)
        for i in range(n):
            for j in range(n):
                cell = words[i * H // n:(i + 1) * H // n, j * W // n:(j + 1) * W // n]
                parts.append(weight * np.bincount(cell.ravel(), minlength=V) / (H * W))
    return np.concatenate(parts)
    ### END SOLUTION

# %% check="spatial-pyramid" points=2
quarters = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 0, 0], [2, 2, 0, 0]])
vc.assert_close(spatial_pyramid(quarters, 3, levels=1), [0.5, 0.25, 0.25], "one level, weight 1: half of the places are word 0, a quarter each words 1 and 2")
vc.assert_close(spatial_pyramid(quarters, 3, levels=2), [0.25, 0.125, 0.125, 0.125, 0, 0, 0, 0.125, 0, 0, 0, 0.125, 0.125, 0, 0],
                "two levels, weight 1/2 each: the whole, then the four quarters in reading order")
### BEGIN HIDDEN TESTS
def compare_with_histograms(H, W, V, levels):
    lettered = rng.integers(0, V, (H, W))
    kept = lettered.copy()
    at = np.indices((H, W)).reshape(2, -1)
    wanted = []
    for l in range(levels):
        edges = [[i * size // 2**l - 0.5 for i in range(2**l + 1)] for size in (H, W)]
        counts, _ = np.histogramdd([*at, lettered.ravel()], bins=[*edges, np.arange(V + 1) - 0.5])
        wanted.append(counts.ravel() / (H * W) * 2.0 ** -(levels - max(l, 1)))
    vc.assert_close(spatial_pyramid(lettered, V, levels), np.concatenate(wanted), f"pyramid of {H} x {W} places, V = {V}, {levels} levels")
    assert np.array_equal(lettered, kept), "the array that came in must not be changed"
compare_with_histograms(8, 12, 5, 3)
compare_with_histograms(11, 7, 4, 3)
compare_with_histograms(9, 10, 6, 1)
compare_with_histograms(13, 19, 3, 4)
assert len(spatial_pyramid(np.zeros((6, 6), dtype=int), 4)) == 4 * 21, "V = 4 and the usual 3 levels: 4 numbers for each of 1 + 4 + 16 cells, also for words that never occur"
### END HIDDEN TESTS

# %% wrong="spatial-pyramid" why="gave the coarse levels the larger weights; finer levels count more"
# - 1 / 2**L if l == 0 else 1 / 2 ** (L - l + 1)
# + 1 / 2**L if l == L else 1 / 2 ** (l + 1)

# %% wrong="spatial-pyramid" why="used the formula of the finer levels for level 0 too, which has the weight 1 / 2^L"
# - 1 / 2**L if l == 0 else 1 / 2 ** (L - l + 1)
# + 1 / 2 ** (L - l + 1)

# %% wrong="spatial-pyramid" why="took levels for L, the number of the last level; L is levels - 1"
# - L = levels - 1
# + L = levels

# %% wrong="spatial-pyramid" why="made one level too many; there are `levels` of them, counted from 0"
# - L = levels - 1
# + L = levels
# - range(levels)
# + range(levels + 1)

# %% wrong="spatial-pyramid" why="left out the weights of the levels"
# - weight * np.bincount
# + np.bincount

# %% wrong="spatial-pyramid" why="did not divide the counts by H * W"
# - bincount(cell.ravel(), minlength=V) / (H * W)
# + bincount(cell.ravel(), minlength=V)

# %% wrong="spatial-pyramid" why="divided the counts of each cell by the size of that cell, where H * W is asked for"
# - (H * W)
# + cell.size

# %% wrong="spatial-pyramid" why="put the finest level first"
# - range(levels)
# + reversed(range(levels))

# %% wrong="spatial-pyramid" why="walked through the cells column by column, where reading order is asked for"
# - for i in range(n):
# -     for j in range(n):
# + for j in range(n):
# +     for i in range(n):

# %% wrong="spatial-pyramid" why="made l + 1 cells along a side, where level l has 2 to the power l"
# - 2**l
# + l + 1

# %% wrong="spatial-pyramid" why="made all cells H // n by W // n, which loses the last rows and columns where n does not divide them"
# - words[i * H // n:(i + 1) * H // n, j * W // n:(j + 1) * W // n]
# + words[i * (H // n):(i + 1) * (H // n), j * (W // n):(j + 1) * (W // n)]

# %% wrong="spatial-pyramid" why="cut with np.array_split, which gives the rows left over to the first cells; i * H // n spreads them"
# - words[i * H // n:(i + 1) * H // n, j * W // n:(j + 1) * W // n]
# + np.array_split(np.array_split(words, n)[i], n, axis=1)[j]

# %% wrong="spatial-pyramid" why="counted only up to the largest word of a cell: np.bincount needs minlength=V"
# - ravel(), minlength=V
# + ravel()

# %% wrong="spatial-pyramid" why="called np.histogram with bins=V alone, whose bins run from the smallest to the largest word of the cell"
# - np.bincount(cell.ravel(), minlength=V)
# + np.histogram(cell, bins=V)[0]

# %% wrong="spatial-pyramid" why="returned one array per cell; join them with np.concatenate"
# - np.concatenate(parts)
# + parts

# %% right="spatial-pyramid" how="with a table of ones"
def spatial_pyramid(words, V, levels=3):
    H, W = words.shape
    one = np.eye(V)[words] / (H * W)
    parts = []
    for l in range(levels):
        n = 2**l
        rows = np.add.reduceat(one, [i * H // n for i in range(n)], axis=0)
        cells = np.add.reduceat(rows, [j * W // n for j in range(n)], axis=1)
        parts.append(cells.ravel() * 0.5 ** (levels - max(l, 1)))
    return np.concatenate(parts)

# %% right="spatial-pyramid" how="with loops and plain lists"
def spatial_pyramid(words, V, levels=3):
    H, W = words.shape
    found = []
    for l in range(levels):
        n = 2**l
        weight = 0.5 ** (levels - 1) if l == 0 else 0.5 ** (levels - l)
        for i in range(n):
            for j in range(n):
                counts = [0] * V
                for word in words[i * H // n:(i + 1) * H // n, j * W // n:(j + 1) * W // n].flatten().tolist():
                    counts[word] += 1
                found += [weight * c / (H * W) for c in counts]
    return found

# %% right="spatial-pyramid" how="with a histogram per cell"
def spatial_pyramid(words, V, levels=3):
    H, W = words.shape
    cuts = lambda size, n: [(i * size // n, (i + 1) * size // n) for i in range(n)]
    weights = [2.0 ** -(levels - 1)] + [2.0 ** (l - levels) for l in range(1, levels)]
    return np.hstack([weights[l] * np.histogram(words[a:b, c:d], bins=V, range=(-0.5, V - 0.5))[0] / words.size
                      for l in range(levels) for a, b in cuts(H, 2**l) for c, d in cuts(W, 2**l)])

# %% [markdown] hint="spatial-pyramid"
# Three loops: over the level, over the row of the cell, over its column. What are the slices of cell $(i, j)$ of $n \times n$?

# %% [markdown] hint="spatial-pyramid"
# `np.bincount(cell.ravel(), minlength=V)` counts the words of a cell. Write down the weights for `levels=3` on paper first: there are three, and they add up to 1.

# %% [markdown]
# What is it good for?
# Below, the quarters of a photograph change places.
# Two descriptors $a$ and $b$ are compared by what they share, $\sum \min(a, b)$, which is 1 for equal pictures.
# The words here are small ones: eight directions of edges, and "flat".
#
# *Predict:* how much do the two pictures share for a bag of words, and how much for a pyramid?

# %%
def edge_words(gray):
    """0 to 7 for the direction of an edge, 8 where it is flat: a picture of visual words."""
    gx, gy = sobel(gray)
    return np.where(np.hypot(gx, gy) < 0.02, 8, (np.arctan2(gy, gx) % np.pi / np.pi * 8).astype(int).clip(0, 7))

def mix_quarters(words):
    """The same words with the quarters of the picture in other places."""
    upper, lower = np.split(words, 2)
    return np.vstack([np.roll(lower, words.shape[1] // 2, axis=1), upper])

# %%
words = edge_words(astronaut)
mixed = mix_quarters(words)
shared = {levels: np.minimum(spatial_pyramid(words, 9, levels), spatial_pyramid(mixed, 9, levels)).sum() for levels in (1, 2, 3, 4)}
side_by_side([astronaut, words, mixed], ["photograph", "its words", "the same words, elsewhere"], "A bag of words cannot tell the last two apart", height=2.5)
print("\n".join(f"with {levels} level{'s' * (levels > 1)} the two share {share:.1%}" for levels, share in shared.items()))

# %% [markdown]
# With a bag of words the two are the same picture.
# Pyramids were the state of the art for recognising scenes, and the recipe of 2006 to 2011 was: SIFT or HOG everywhere, words, a pyramid, a linear classifier.
# Look at it as a machine with four stages, each invented by hand, and only the last one learned from labels.

# %% [markdown]
# ## 9 · Data, and the turn of 2012
#
# How did one know which recipe was best?
# For a long time everybody had pictures of their own.
# That changed with shared data sets and yearly contests:
#
# - **PASCAL VOC** (2005 to 2012; Mark Everingham and others): in the end twenty kinds of things, from aeroplane to television, in ordinary photographs, with boxes and outlines.
# - **ImageNet** (Jia Deng, Fei-Fei Li and others, 2009): a picture dictionary with the nouns of WordNet; 3.2 million photographs at publication, 14 million later, sorted by people hired over the internet (Amazon Mechanical Turk). Its contest, from 2010 on, had 1000 classes and 1.2 million training pictures.
#
# In the contest a program may name five classes, and errs if the right one is not among them.
# The winners of 2010 and 2011 were recipes like the one above.
#
# *Predict:* the winner of 2010 erred in 28 of 100 pictures.
# How far would you expect to get in one year?
# The next cell draws what was published (Russakovsky and others, *ImageNet Large Scale Visual Recognition Challenge*, 2015; for ResNet, He and others, 2016).

# %%
published = {2010: (28.2, "NEC-UIUC"), 2011: (25.8, "XRCE"), 2012: (16.4, "AlexNet"), 2013: (11.7, "Clarifai"), 2014: (6.7, "GoogLeNet"), 2015: (3.57, "ResNet")}
figure, ax = plt.subplots(figsize=(7.5, 3.6), layout="constrained")
for year, (error, name) in published.items():
    deep = year >= 2012
    ax.bar(year, error, color="#004488" if deep else "#DDAA33", hatch="" if deep else "//", edgecolor="white")
    ax.text(year, max(error, 5.1) + 0.6, f"{name}\n{error} %", ha="center", fontsize=9)
ax.plot([2011.4, 2016.7], [5.1, 5.1], color="#BB5566", linestyle="--")
ax.text(2015.5, 1.2, "one trained\nperson: 5.1 %", color="#BB5566", fontsize=9)
ax.set(xlim=(2009.4, 2016.8), ylim=(0, 34), ylabel="top-5 error (%)", title="Errors of the winners: hatched, features made by hand; plain, learned features")
ax.spines[["top", "right"]].set_visible(False);

# %% [markdown]
# **AlexNet** (Alex Krizhevsky, Ilya Sutskever and Geoffrey Hinton, 2012) is a convolutional network with eight layers of weights and 60 million numbers, trained for five to six days on two graphics cards made for games.
# Hardly a part of it was new: layers like Hubel and Wiesel's from Fukushima's neocognitron (1980), learned by backpropagation as in Yann LeCun's networks for digits (1989, 1998).
# New was the amount of data and of computing, and what followed from it: *all* stages are learned, and no one writes down what an edge is.
# (The paper reports 15.3 % with networks that had seen more of ImageNet, and 26.2 % for the second best entry.)
#
# The "one trained person" is Andrej Karpathy, who labelled 1500 pictures by hand; the number says more about telling 120 breeds of dogs apart than about seeing.
#
# ### Who puts in the edges?
#
# So would a machine find by itself what Hubel and Wiesel found in the cat?
# Here is the smallest such experiment.
# Cut thousands of small patches out of photographs, and ask for a set of building blocks such that each patch needs only *few* of them (Bruno Olshausen and David Field, 1996; here with independent component analysis, Anthony Bell and Terrence Sejnowski, 1997).
# No labels, no edges, no cat.
#
# *Predict:* what will the building blocks look like?

# %%
from sklearn.decomposition import FastICA

rng_patches = np.random.default_rng(0)
sources = [to_gray(vc.data.photo(name)) for name in ("chelsea", "coffee", "motorcycle", "astronaut")]
corners = [(n % 4, *rng_patches.integers(0, np.subtract(sources[n % 4].shape, 12))) for n in range(6000)]
patches = np.array([sources[s][r:r + 12, c:c + 12].ravel() for s, r, c in corners])
patches -= patches.mean(axis=1, keepdims=True)
patches = patches[patches.std(axis=1) > 0.03]              # flat patches teach nothing

# %%
blocks_found = FastICA(40, whiten="unit-variance", max_iter=60, tol=1e-2, random_state=0).fit(patches).mixing_.T
blocks_found = blocks_found.reshape(-1, 12, 12) / np.abs(blocks_found).max(axis=1)[:, None, None]
vc.show_images(blocks_found / 2 + 0.5, title="Forty building blocks learned from patches: compare with the cell of section 3")

# %% [markdown]
# Edges and bars, each at its place and in its direction: nobody asked for them, the photographs did.
# The first layer of AlexNet looks much the same, and lecture 13 shows it.
# That is the answer of the last ten years to our question: the *data* put the knowledge in, and the programmer builds something that can take it up.
#
# ### What is not solved
#
# To name things in photographs is not yet to see.
# What would happen next, why it is funny, whether the stack of plates will stand, what someone wants: a picture holds all of it for you.
# Networks learn what their data contain, with its gaps and its prejudices (lecture 25), and a change too small for you to notice can make them err (lecture 24).

# %% [markdown]
# ## 10 · What this course covers
#
# | | Lectures | Question |
# |---|---|---|
# | Foundations | 02 classification, 03 loss and optimization, 04 backpropagation | How does a machine learn from examples? |
# | Networks for pictures | 05 convnets, 06 and 07 training, 08 software, 09 architectures | How does one build and train one that works? |
# | Sequences | 10 recurrent networks, 11 attention and transformers | How does one handle words and time? |
# | Seeing more | 12 detection and segmentation, 13 visualizing, 14 video | What is where, why does it say so, what moves? |
# | Learning without labels, making pictures | 15 self-supervised, 16 and 17 generative models | What can be learned from pictures alone? |
# | The world | 18 three dimensions, 19 vision and language, 20 reinforcement, 21 robots | How does seeing serve talking and acting? |
# | Doing it well | 22 efficient, 23 distributed, 24 adversarial, 25 human-centered | What does it cost, what breaks it, whom does it serve? |
#
# ### One page to keep
#
# | Idea | Year | In one line |
# |---|---|---|
# | Simple cells (Hubel, Wiesel) | 1959 | seeing begins with edges, at a place and in a direction |
# | Pictorial structures (Fischler, Elschlager) | 1973 | parts on springs: match minus stretch |
# | Generalized cylinders (Binford, Brooks) | 1979 | things are discs swept along axes |
# | Vision (Marr) | 1982 | primal sketch, 2½-D sketch, 3-D model |
# | Normalized cuts (Shi, Malik) | 1997 | $(D - W) y = \lambda D y$, second eigenvector |
# | SIFT (Lowe) | 1999 | 128 numbers that survive turning, shrinking, darkening; keep if $d_1 < 0.8\, d_2$ |
# | Face detection (Viola, Jones) | 2001 | integral image, boosted rectangles, cascade |
# | HOG (Dalal, Triggs) | 2005 | count directions in cells, normalise blocks |
# | Spatial pyramids (Lazebnik, Schmid, Ponce) | 2006 | count words in the whole, in quarters, in sixteenths |
# | Deformable parts (Felzenszwalb, McAllester, Ramanan) | 2008 | HOG templates on springs, learned |
# | PASCAL VOC, ImageNet | 2005, 2009 | the same test for everybody |
# | AlexNet (Krizhevsky, Sutskever, Hinton) | 2012 | learn every stage |
#
# **Habits**
#
# - `image[row, column, channel]`; rows count downwards.
# - Bytes become floats before you calculate; know whether your numbers run to 1 or to 255.
# - A slice is a view; `copy()` if you mean to change it.
# - Look at the picture after every step.
#
# **Where it leads.**
# Lecture 02 takes the step from "a program that knows faces" to "a program that learns any class from examples", with the simplest learner there is.

# %% [markdown]
# ### Further reading
#
# - Hubel, Wiesel (1959), *Receptive fields of single neurones in the cat's striate cortex*.
# - Papert (1966), *The Summer Vision Project*: short, and worth reading in full.
# - Fischler, Elschlager (1973), *The representation and matching of pictorial structures*.
# - Brooks, Greiner, Binford (1979), *The ACRONYM model-based vision system*.
# - Marr (1982), *Vision*.
# - Olshausen, Field (1996), *Emergence of simple-cell receptive field properties by learning a sparse code for natural images*.
# - Thorpe, Fize, Marlot (1996), *Speed of processing in the human visual system*.
# - Shi, Malik (1997, 2000), *Normalized cuts and image segmentation*.
# - Lowe (2004), *Distinctive image features from scale-invariant keypoints*.
# - Viola, Jones (2001), *Rapid object detection using a boosted cascade of simple features*.
# - Dalal, Triggs (2005), *Histograms of oriented gradients for human detection*.
# - Lazebnik, Schmid, Ponce (2006), *Beyond bags of features: spatial pyramid matching for recognizing natural scene categories*.
# - Felzenszwalb, Girshick, McAllester, Ramanan (2010), *Object detection with discriminatively trained part-based models*.
# - Everingham, Van Gool, Williams, Winn, Zisserman (2010), *The PASCAL visual object classes (VOC) challenge*.
# - Deng, Dong, Socher, Li, Li, Fei-Fei (2009), *ImageNet: a large-scale hierarchical image database*.
# - Krizhevsky, Sutskever, Hinton (2012), *ImageNet classification with deep convolutional neural networks*.
# - Russakovsky and others (2015), *ImageNet large scale visual recognition challenge*.
