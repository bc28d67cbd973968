/* A window with the game's title that shows a picture, and says which keys it gets: the overlay is tried over it. */
#define UNICODE
#include <windows.h>
#include <shellapi.h>
#include <stdio.h>

/* What is used of gdiplus.dll, whose header is C++. */
typedef struct { UINT32 version; void *callback; BOOL no_thread, no_codecs; } StartupInput;
int WINAPI GdiplusStartup(ULONG_PTR *token, const StartupInput *input, void *output);
int WINAPI GdipLoadImageFromFile(const WCHAR *path, void **image);
int WINAPI GdipGetImageWidth(void *image, UINT *width);
int WINAPI GdipGetImageHeight(void *image, UINT *height);
int WINAPI GdipCreateFromHDC(HDC context, void **graphics);
int WINAPI GdipDrawImageRectI(void *graphics, void *image, INT x, INT y, INT width, INT height);
int WINAPI GdipDeleteGraphics(void *graphics);

static void *image;
static UINT width, height;

static LRESULT CALLBACK answer(HWND window, UINT message, WPARAM word, LPARAM more) {
  if (message == WM_PAINT) {
    PAINTSTRUCT paint;
    void *graphics;
    HDC context = BeginPaint(window, &paint);
    GdipCreateFromHDC(context, &graphics);
    GdipDrawImageRectI(graphics, image, 0, 0, width, height);
    GdipDeleteGraphics(graphics);
    EndPaint(window, &paint);
    return 0;
  }
  if (message == WM_KEYDOWN) { printf("key %u\n", (unsigned)word); fflush(stdout); }
  if (message == WM_DESTROY) PostQuitMessage(0);
  return DefWindowProc(window, message, word, more);
}

int main(void) {
  int count;
  WCHAR **words = CommandLineToArgvW(GetCommandLineW(), &count);
  StartupInput input = {1};
  ULONG_PTR token;
  if (count != 2 || GdiplusStartup(&token, &input, NULL) || GdipLoadImageFromFile(words[1], &image)) return 1;
  GdipGetImageWidth(image, &width);
  GdipGetImageHeight(image, &height);
  WNDCLASS class = {.lpfnWndProc = answer, .lpszClassName = L"Balatro", .hCursor = LoadCursor(NULL, IDC_ARROW)};
  RegisterClass(&class);
  RECT inside = {0, 0, width, height};
  AdjustWindowRect(&inside, WS_OVERLAPPEDWINDOW, FALSE);
  HWND window = CreateWindow(L"Balatro", L"Balatro", WS_OVERLAPPEDWINDOW | WS_VISIBLE, 60, 40, inside.right - inside.left,
                             inside.bottom - inside.top, NULL, NULL, NULL, NULL);
  SetForegroundWindow(window);
  MSG message;
  while (GetMessage(&message, NULL, 0, 0) > 0) {
    TranslateMessage(&message);
    DispatchMessage(&message);
  }
  return 0;
}
