// SPDX-License-Identifier: MIT
namespace Domovoi.Backends.Rings;

/// <summary>The thread of one back end: sleeps until woken, works until there is nothing left to do.</summary>
public sealed class BackendThread : IDisposable
{
    private readonly AutoResetEvent _wake = new(false);
    private readonly Func<TimeSpan> _work;
    private readonly Thread _thread;
    private volatile bool _stopping;

    /// <param name="name">What tools such as top show; at most 15 characters.</param>
    /// <param name="work">Does all there is to do; returns how long to sleep if nobody wakes it.</param>
    public BackendThread(string name, Func<TimeSpan> work)
    {
        _work = work;
        _thread = new Thread(Loop, maxStackSize: 256 * 1024) { Name = name, IsBackground = true };
    }

    public void Start() => _thread.Start();

    /// <summary>Makes the thread look for work. Any thread; never blocks.</summary>
    public void Wake()
    {
        if (!_stopping)
        {
            _wake.Set();
        }
    }

    /// <summary>Stops the thread after one last round of work.</summary>
    public void Dispose()
    {
        if (_stopping)
        {
            return;
        }

        _stopping = true;
        if (_thread.IsAlive)
        {
            _wake.Set();
            _thread.Join();
        }
    }

    private void Loop()
    {
        while (!_stopping)
        {
            _wake.WaitOne(_work());
        }

        _work();
    }
}
